/// JSON as it is being written: values in the order in which they came, each with its place below another.
///
/// Keys are sorted when the text is made, so a value may describe itself in any order.
final class JSONTree {
    private struct Node {
        var kind = Kind.nothing
        /// Its name in the object that it is a member of.
        let key: String
        /// A scalar's text.
        var text = 0..<0
        var firstChild = -1
        var lastChild = -1
        var nextSibling = -1
    }

    enum Kind {
        /// Not described yet.
        case nothing
        case scalar, array, object
    }

    // No method calls back into the tree while it changes one of them.
    @exclusivity(unchecked) private var nodes: [Node] = []
    @exclusivity(unchecked) private var scalars: [UInt8] = []

    static let root = 0

    init() {
        nodes.reserveCapacity(64)
        scalars.reserveCapacity(1024)
        nodes.append(Node(key: ""))
    }

    /// Makes a node that holds others. One that does already is left as it is.
    func open(_ node: Int, as kind: Kind) {
        if nodes[node].kind == .nothing { nodes[node].kind = kind }
        precondition(nodes[node].kind == kind, "a value describes itself in one way")
    }

    /// - Returns: a new node at the end of another.
    func child(of parent: Int, key: String = "") -> Int {
        let child = nodes.count
        nodes.append(Node(key: key))
        let last = nodes[parent].lastChild
        if last < 0 { nodes[parent].firstChild = child } else { nodes[last].nextSibling = child }
        nodes[parent].lastChild = child
        return child
    }

    func childCount(of parent: Int) -> Int {
        nodes.withUnsafeBufferPointer { Self.children(of: parent, in: $0).count }
    }

    private static func children(of parent: Int, in nodes: UnsafeBufferPointer<Node>) -> [Int] {
        var children: [Int] = []
        var child = nodes[parent].firstChild
        while child >= 0 {
            children.append(child)
            child = nodes[child].nextSibling
        }
        return children
    }

    func setScalar(_ node: Int, _ write: (inout [UInt8]) -> Void) {
        let start = scalars.count
        write(&scalars)
        nodes[node].kind = .scalar
        nodes[node].text = start..<scalars.count
    }

    /// The text of everything below the root.
    func text() -> [UInt8] {
        nodes.withUnsafeBufferPointer { nodes in
            scalars.withUnsafeBufferPointer { scalars in
                var text: [UInt8] = []
                text.reserveCapacity(scalars.count + 24 * nodes.count)
                Writing(nodes: nodes, scalars: scalars).write(Self.root, to: &text)
                return text
            }
        }
    }

    /// The text is made where the nodes are: a copy of one would count the references of its key.
    private struct Writing {
        let nodes: UnsafeBufferPointer<Node>
        let scalars: UnsafeBufferPointer<UInt8>

        func write(_ node: Int, to text: inout [UInt8]) {
            switch nodes[node].kind {
            case .scalar: text += UnsafeBufferPointer(rebasing: scalars[nodes[node].text])
            case .array:
                text.append(UInt8(ascii: "["))
                for (place, element) in JSONTree.children(of: node, in: nodes).enumerated() {
                    if place > 0 { text.append(UInt8(ascii: ",")) }
                    write(element, to: &text)
                }
                text.append(UInt8(ascii: "]"))
            case .object, .nothing:
                text.append(UInt8(ascii: "{"))
                for (place, member) in members(of: node).enumerated() {
                    if place > 0 { text.append(UInt8(ascii: ",")) }
                    text.append(quoted: nodes[member].key)
                    text.append(UInt8(ascii: ":"))
                    write(member, to: &text)
                }
                text.append(UInt8(ascii: "}"))
            }
        }

        private func members(of node: Int) -> [Int] {
            let members = JSONTree.children(of: node, in: nodes)
            let isSorted = zip(members, members.dropFirst()).allSatisfy(precedes)
            return isSorted ? members : members.sorted(by: precedes)
        }

        private func precedes(_ left: Int, _ right: Int) -> Bool {
            nodes[left].key.utf8.lexicographicallyPrecedes(nodes[right].key.utf8)
        }
    }
}

extension [UInt8] {
    /// A JSON string with the fewest escapes.
    mutating func append(quoted string: String) {
        append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { bytes in
            var start = 0
            for (place, byte) in bytes.enumerated()
            where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(contentsOf: bytes[start..<place])
                append(escape: byte)
                start = place + 1
            }
            append(contentsOf: bytes[start...])
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escape byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        default: self += "u00\([byte].hexadecimal)".utf8
        }
    }
}
