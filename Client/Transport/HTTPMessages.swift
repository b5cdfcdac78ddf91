/// What is asked of a server.
struct HTTPRequest {
    enum Method: String {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case patch = "PATCH"
    }

    var method: Method
    var url: String
    var headers: [String: String] = [:]
    /// Of `post` and `patch` only.
    var body: [UInt8] = []
}

/// The first part of an answer. Names of headers are lowercase; of a repeated one the last counts.
struct HTTPHead {
    var status = 0
    var headers: [String: String] = [:]

    var isSuccess: Bool { (200..<300).contains(status) }

    /// Takes one line as libcurl hands it over: a status line begins a new head, such as after a redirect.
    mutating func take(line: String) {
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ", maxSplits: 2)
            self = HTTPHead(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            headers[line[..<colon].lowercased()] = String(value.trimmed)
        }
    }

    /// A header that counts bytes or seconds.
    func number(_ name: String) -> Int? {
        headers[name].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}

extension Substring {
    var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
        return start[...last]
    }
}
