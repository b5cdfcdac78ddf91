import Foundation
import WorkUnits

/// Volunteers' conversations with a server, many at once, on one thread: every connection speaks for one host after the
/// other, and has one request on its way.
struct LoadGenerator {
    /// What is asked, and the whole of it: from the work request to the verdict.
    enum Kind: String, CaseIterable {
        case register, work, announce, send, submit, cycle
    }

    /// How many requests a cycle takes.
    enum Exchange: String, CaseIterable {
        /// One: the update comes with its submission, the next assignment with the answer.
        case together
        /// Two: the update comes with its submission.
        case asking
        /// Four: the update is announced and sent before, as a large one is.
        case uploading
    }

    /// Units that a host computes before another one takes its connection.
    static let unitsInRow = 10

    private let project: ProjectID
    private let hosts: [SigningKey]
    private var template: UpdateTemplate
    private let exchange: Exchange
    private var connections: [Conversation] = []
    private var nextHost = 0
    private let clock = ContinuousClock()
    /// Milliseconds from sending to the whole answer.
    private(set) var latencies: [Kind: [Double]] = [:]
    private(set) var waits = 0
    private(set) var uncounted = 0

    private struct Conversation {
        let connection: HTTPConnection
        var host = 0
        /// Units that the host has begun.
        var units = 0
        var kind = Kind.register
        var asked = ContinuousClock.now
        var begun = ContinuousClock.now
        var assignment: Assignment?
        var update: [UInt8] = []
        var digest = Digest.zero
        /// What the server said along with its last verdict.
        var work: WorkReply?
        /// No work: when to ask again.
        var pause: ContinuousClock.Instant?
    }

    init(
        port: Int, project: ProjectID, hosts: [SigningKey], template: UpdateTemplate, exchange: Exchange,
        connections: Int
    ) throws {
        self.exchange = exchange
        self.project = project
        self.hosts = hosts
        self.template = template
        self.connections = try (0..<connections).map { _ in Conversation(connection: try HTTPConnection(port: port)) }
    }

    /// Lets every host introduce itself.
    mutating func registerAll() throws {
        nextHost = 0
        latencies = [:]
        for place in connections.indices where nextHost < hosts.count { try register(place) }
        try converse { generator, place, _, _ in
            if generator.nextHost < generator.hosts.count { try generator.register(place) }
            return generator.latencies[.register, default: []].count < generator.hosts.count
        }
    }

    /// Has units assigned and answers them for so long.
    ///
    /// - Returns: cycles that ended in an accepted contribution within the time.
    mutating func run(seconds: Double) throws -> Int {
        latencies = [:]
        (waits, uncounted) = (0, 0)
        let end = clock.now + .seconds(seconds)
        var cycles = 0
        for place in connections.indices { try begin(place) }
        // Those on their way at the end are finished, and do not count.
        var open = connections.count
        try converse { generator, place, kind, body in
            guard try generator.proceed(place, kind, body) else { return true }
            if generator.clock.now < end {
                cycles += 1
                try generator.goOn(place)
            } else {
                open -= 1
            }
            return open > 0
        }
        return cycles - uncounted
    }

    /// Begins the next cycle with what the server said of work, or with another host.
    private mutating func goOn(_ place: Int) throws {
        guard let work = connections[place].work else { return try begin(place) }
        connections[place].work = nil
        connections[place].begun = connections[place].asked
        connections[place].units += 1
        try take(work, place)
    }

    /// Hands every answer to `react` until it says that nothing more is to come.
    private mutating func converse(
        _ react: (inout LoadGenerator, Int, Kind, ArraySlice<UInt8>) throws -> Bool
    ) throws {
        var waiting = connections.map { pollfd(fd: $0.connection.descriptor, events: Int16(POLLIN), revents: 0) }
        while true {
            for place in connections.indices {
                waiting[place].events = Int16(connections[place].connection.isWriting ? POLLIN | POLLOUT : POLLIN)
                if let pause = connections[place].pause, clock.now >= pause {
                    connections[place].pause = nil
                    try askForWork(place)
                }
            }
            guard poll(&waiting, nfds_t(waiting.count), 5) >= 0 || errno == EINTR else {
                throw RequestsFailure("cannot wait for answers")
            }
            for place in connections.indices where waiting[place].revents != 0 {
                try connections[place].connection.write()
                guard let (status, body) = try connections[place].connection.read() else { continue }
                let kind = connections[place].kind
                guard status == 200 else {
                    throw RequestsFailure("\(kind): \(status) \(String(decoding: body, as: UTF8.self))")
                }
                count(kind, since: connections[place].asked)
                guard try react(&self, place, kind, body) else { return }
            }
        }
    }

    private mutating func count(_ kind: Kind, since start: ContinuousClock.Instant) {
        latencies[kind, default: []].append((clock.now - start).milliseconds)
    }

    // MARK: What is said

    private mutating func register(_ place: Int) throws {
        let key = hosts[nextHost]
        nextHost += 1
        try post(.register, "hosts", TinyProject.registration(of: key, in: project), place)
    }

    private mutating func begin(_ place: Int) throws {
        connections[place].host = nextHost % hosts.count
        connections[place].units = 1
        nextHost += 1
        connections[place].begun = clock.now
        try askForWork(place)
    }

    private mutating func askForWork(_ place: Int) throws {
        let key = hosts[connections[place].host]
        let body = WorkRequest(project: project, host: key.verifyingKey, stamp: RequestStamp(SystemClock.now()))
        try post(.work, "work", Signed(body, by: key, context: WorkRequest.signingContext), place)
    }

    /// Goes on with what follows an answer.
    ///
    /// - Returns: whether the cycle has ended.
    private mutating func proceed(_ place: Int, _ kind: Kind, _ body: ArraySlice<UInt8>) throws -> Bool {
        switch kind {
        case .work: try take(CanonicalJSON.decodeMessage(WorkReply.self, from: Array(body)), place)
        case .announce: try send(place, CanonicalJSON.decodeMessage(UploadState.self, from: Array(body)))
        case .send: try submit(place)
        case .submit:
            let reply = try CanonicalJSON.decodeMessage(DeliveryReply.self, from: Array(body))
            switch reply.submission.verdict {
            case .accepted: break
            // A unit that a host was given at the end of a turn may be too old when its turn comes again.
            case .uncounted: uncounted += 1
            case .rejected, .inconclusive: throw RequestsFailure("not accepted: \(reply.submission.verdict)")
            }
            connections[place].work = reply.work
            count(.cycle, since: connections[place].begun)
            return true
        case .register, .cycle: preconditionFailure("\(kind) is no part of a cycle")
        }
        return false
    }

    private mutating func take(_ work: WorkReply, _ place: Int) throws {
        switch work {
        case .assigned(let signed):
            try prepareUpdate(
                place, CanonicalJSON.decodeMessage(Assignment.self, from: Array(signed.document.utf8)))
            if exchange == .uploading { try announce(place) } else { try submit(place) }
        case .wait:
            waits += 1
            connections[place].pause = clock.now + .milliseconds(10)
        case .finished: throw RequestsFailure("the run is finished")
        }
    }

    private mutating func prepareUpdate(_ place: Int, _ assignment: Assignment) throws {
        connections[place].assignment = assignment
        connections[place].update = template.update(of: assignment.unit, base: assignment.base.weights)
        connections[place].digest = Digest(of: connections[place].update)
    }

    private mutating func announce(_ place: Int) throws {
        guard let assignment = connections[place].assignment else { return }
        let key = hosts[connections[place].host]
        let body = UploadAnnouncement(
            project: project, assignment: assignment.id, host: key.verifyingKey, update: connections[place].digest,
            bytes: connections[place].update.count, stamp: RequestStamp(SystemClock.now()))
        try post(.announce, "uploads", Signed(body, by: key, context: UploadAnnouncement.signingContext), place)
    }

    private mutating func send(_ place: Int, _ state: UploadState) throws {
        connections[place].kind = .send
        connections[place].asked = clock.now
        try connections[place].connection.send(
            "PATCH", "/api/v1/uploads/\(state.ticket)",
            headers: "Content-Type: application/offset+octet-stream\r\nUpload-Offset: \(state.offset)\r\n",
            body: connections[place].update)
    }

    private mutating func submit(_ place: Int) throws {
        guard let assignment = connections[place].assignment else { return }
        let key = hosts[connections[place].host]
        let body = Submission(
            project: project, assignment: assignment.id, host: key.verifyingKey, unit: assignment.unit,
            update: connections[place].digest)
        let signed = try Signed(body, by: key, context: Submission.signingContext)
        let delivery = Delivery(
            signed, trace: template.trace, update: exchange == .uploading ? nil : connections[place].update,
            asksForWork: exchange == .together && connections[place].units < Self.unitsInRow)
        try post(.submit, "submissions", delivery, place)
    }

    private mutating func post(_ kind: Kind, _ path: String, _ message: some Encodable, _ place: Int) throws {
        connections[place].kind = kind
        connections[place].asked = clock.now
        try connections[place].connection.send(
            "POST", "/api/v1/\(path)", headers: "Content-Type: application/json\r\n",
            body: CanonicalJSON.encode(message))
    }
}
