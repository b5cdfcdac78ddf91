import Foundation
import Synchronization
import WorkUnits

/// A running program, connected by pipes. Owned by one thread.
///
/// Not Foundation's `Process`, whose children inherit blocked signals and open sockets.
struct ChildProcess {
    let id: pid_t
    /// Never written to: its closing, also by our death, tells the program that we are gone.
    private let input: Int32
    private let output: Int32

    /// How a program ended.
    enum End: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - log: takes its standard error; must exist.
    static func start(_ command: [String], log: String) throws -> ChildProcess {
        // One at a time: a program that is started while another's pipes are made would inherit them.
        try starting.withLock { _ in try start(alone: command, log) }
    }

    private static let starting = Mutex(())

    private static func start(alone command: [String], _ log: String) throws -> ChildProcess {
        let input = try Pipe()
        let output = try Pipe()
        var actions = Actions()
        defer { actions.destroy() }
        actions.connect(input.reading, to: STDIN_FILENO)
        actions.connect(output.writing, to: STDOUT_FILENO)
        actions.open(log, as: STDERR_FILENO)
        var id: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let code = posix_spawn(&id, command[0], &actions.files, &actions.attributes, words, environ)
        close(input.reading)
        close(output.writing)
        guard code == 0 else {
            close(input.writing)
            close(output.reading)
            throw VolunteerFailure.worker("cannot start \(command[0]): \(String(cString: strerror(code)))")
        }
        return ChildProcess(id: id, input: input.writing, output: output.reading)
    }

    /// Hands over each line of the program's output until it ends. Lines over 64 KiB are dropped.
    func forEachLine(_ take: ([UInt8]) -> Void) {
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            var lines = (rest + buffer[..<count]).split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Array(lines.removeLast())
            if rest.count > 1 << 16 { rest = [] }
            for line in lines { take(Array(line)) }
        }
    }

    /// Waits for the end of the program.
    ///
    /// - Parameter willForget: called while `id` still names the program, for the last time.
    func wait(willForget: () -> Void) -> End {
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        willForget()
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        close(input)
        close(output)
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }
}

/// Both ends close in every program that is started, except where they are connected.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw FileFailure("create", "a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }
}

/// What a new program begins with: three open files, and signals that work as if a shell had started it.
private struct Actions {
    #if canImport(Darwin)
    var files: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
    #else
    var files = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    #endif

    init() {
        posix_spawn_file_actions_init(&files)
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        var usual = sigset_t()
        sigemptyset(&usual)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, signal) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    mutating func connect(_ file: Int32, to standard: Int32) {
        posix_spawn_file_actions_adddup2(&files, file, standard)
    }

    mutating func open(_ path: String, as standard: Int32) {
        posix_spawn_file_actions_addopen(&files, standard, path, O_WRONLY | O_APPEND, 0)
    }

    mutating func destroy() {
        posix_spawn_file_actions_destroy(&files)
        posix_spawnattr_destroy(&attributes)
    }
}
