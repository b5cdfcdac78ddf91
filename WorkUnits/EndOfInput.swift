import Foundation

/// Ties a process to the one that started it, however that one ends.
public enum EndOfInput {
    /// From now on, the end of the standard input is a SIGTERM to this process.
    public static func terminates() {
        Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                kill(getpid(), SIGTERM)
                return
            }
        }.start()
    }
}
