import Foundation

/// What the system says about the process that asks.
enum ThisProcess {
    /// The most memory that was resident at once.
    static var peakMegabytes: Double { peakMegabytes(of: 0) }

    /// The same of the largest process that it started and waited for.
    static var peakMegabytesOfChildren: Double { peakMegabytes(of: -1) }

    /// What all threads have computed so far, with what the system did for them: waiting for a busy machine does not count.
    static var processorSeconds: Double {
        let usage = usage(of: 0)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    private static func peakMegabytes(of who: Int32) -> Double {
        let most = usage(of: who).ru_maxrss
        #if canImport(Darwin)
        return megabytes(most)
        #else
        return megabytes(1024 * most)
        #endif
    }

    /// - Parameter who: RUSAGE_SELF or RUSAGE_CHILDREN, which are numbers here and an enumeration there.
    private static func usage(of who: Int32) -> rusage {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(who, &usage)
        #else
        getrusage(__rusage_who_t(who), &usage)
        #endif
        return usage
    }

    /// Of 2²⁰ bytes.
    static func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }

    /// Seconds since the process was started, before anything of it ran; in hundredths, as Linux counts.
    ///
    /// Not a number where the system does not tell.
    static var age: Double {
        #if os(Linux)
        // proc(5): `starttime` is field 22, in ticks since boot; the name, which may hold spaces, is field 2.
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 19,
            let start = Double(fields[19])
        else { return .nan }
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - start / Double(sysconf(Int32(_SC_CLK_TCK)))
        #else
        return .nan
        #endif
    }
}
