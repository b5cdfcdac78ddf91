import Foundation

/// What a person sees at once, also through a pipe: lines, and one line that is rewritten in place on a terminal.
enum Terminal {
    private static let isInteractive = isatty(STDOUT_FILENO) == 1

    static func print(_ line: String = "") {
        FileHandle.standardOutput.write(Data(((isInteractive ? "\r\u{1B}[K" : "") + line + "\n").utf8))
    }

    /// Replaces the last shown progress; absent where the output is no terminal.
    static func show(progress line: String) {
        guard isInteractive else { return }
        FileHandle.standardOutput.write(Data(("\r" + line + "\u{1B}[K").utf8))
    }
}
