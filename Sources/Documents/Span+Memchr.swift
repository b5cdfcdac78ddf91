#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Span<UInt8> {
    /// The first such byte at or behind a position, which is at most `count`.
    func firstIndex(of byte: UInt8, from position: Int) -> Int? {
        extracting(position...).withUnsafeBufferPointer { rest in
            // SAFETY: memchr looks at rest.count bytes; what it finds lies among them.
            guard let base = rest.baseAddress, let found = memchr(base, Int32(byte), rest.count) else { return nil }
            return position + (UnsafeRawPointer(found) - UnsafeRawPointer(base))
        }
    }
}
