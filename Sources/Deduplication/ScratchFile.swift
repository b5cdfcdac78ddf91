import Foundation
import WorkUnits

/// A file of numbers in the machine's byte order, read and written at any place. Gone with the value, unless it is kept.
final class ScratchFile: @unchecked Sendable {
    // Unchecked: nothing changes after init, and the system's calls at an offset may come from any thread.
    let path: String
    private let descriptor: Int32
    private let isKept: Bool

    /// Makes an empty file, or opens the one that is there if `isKept`.
    init(path: String, isKept: Bool = false) throws(DeduplicationFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (isKept ? 0 : O_TRUNC), 0o600)
        guard descriptor >= 0 else { throw .file(FileFailure("open", path)) }
        self.path = path
        self.isKept = isKept
    }

    deinit {
        close(descriptor)
        if !isKept { unlink(path) }
    }

    /// Makes the file as long as this; new bytes are 0 and take no room until they are written.
    func resize(bytes: Int) throws(DeduplicationFailure) {
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw .file(FileFailure("resize", path)) }
    }

    /// - Parameter index: of the first number, counted in numbers.
    func write(_ numbers: [UInt32], at index: Int) throws(DeduplicationFailure) {
        let failure = numbers.withUnsafeBytes { bytes -> FileFailure? in
            var written = 0
            while written < bytes.count {
                // SAFETY: the loop's condition keeps `written` inside the buffer.
                let count = pwrite(
                    descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written,
                    off_t(index * 4 + written))
                guard count >= 0 || errno == EINTR else { return FileFailure("write", path) }
                written += max(0, count)
            }
            return nil
        }
        if let failure { throw .file(failure) }
    }

    /// Exactly `count` numbers from the one at `index`.
    func read(_ count: Int, at index: Int) throws(DeduplicationFailure) -> [UInt32] {
        var failure: DeduplicationFailure?
        let numbers = [UInt32](unsafeUninitializedCapacity: count) { buffer, filled in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var done = 0
            while done < count * 4 {
                // SAFETY: done < count · 4, the buffer's size, and no more than the rest is asked for.
                let got = pread(
                    descriptor, bytes.baseAddress?.advanced(by: done), count * 4 - done, off_t(index * 4 + done))
                if got > 0 {
                    done += got
                } else if got == 0 {
                    failure = .unreadable(UnreadableBytes(reason: "\(path): became shorter while it was read"))
                    return
                } else if errno != EINTR {
                    failure = .file(FileFailure("read", path))
                    return
                }
            }
            filled = count
        }
        if let failure { throw failure }
        return numbers
    }
}
