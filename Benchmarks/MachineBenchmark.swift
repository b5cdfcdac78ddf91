import ArgumentParser
import CMachine
import Kernels

/// What the machine can do at most: the limits that the other figures are compared with.
struct MachineBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Peak of float32 multiply-adds, and bandwidth of memory.")

    @Option(help: "The most threads; one line for each number up to it.")
    var threads = 2

    @Option(help: "Millions of floats in each of three arrays: many times the last cache.")
    var millions = 32

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads \(threads): at least 1") }
        guard millions >= 1 else { throw ValidationError("--millions \(millions): at least 1") }
    }

    mutating func run() {
        let arrays = MachineArrays(count: millions << 20)
        for threads in 1...threads {
            let team = ThreadTeam(threads: threads)
            let peak = [128, 256, 512].map { multiplyAddRate(bits: $0, team) }.max() ?? .nan
            print(
                Figures(
                    "machine",
                    [
                        "threads": "\(threads)", "fmaGigaflops": peak.formatted(digits: 1),
                        "copyGigabytes": arrays.rate(of: .copy, team).formatted(digits: 1),
                        "triadGigabytes": arrays.rate(of: .triad, team).formatted(digits: 1),
                        "streamingTriadGigabytes": arrays.rate(of: .streamingTriad, team).formatted(digits: 1),
                    ]))
        }
    }

    /// - Returns: 10⁹ operations a second; 0 where the processor lacks vectors of that width.
    private func multiplyAddRate(bits: Int32, _ team: ThreadTeam) -> Double {
        let rounds = 10_000_000
        let operations = cm_multiply_add(bits, 1) * Double(rounds * team.threads)
        guard operations > 0 else { return 0 }
        let times = measure(seconds: 0, warmUp: 1, atLeast: 7) {
            team.run(slices: team.threads) { _, _ in _ = cm_multiply_add(bits, rounds) }
        }
        return operations / times.median / 1e6
    }
}

/// Three arrays that no cache holds.
final class MachineArrays {
    enum Operation {
        case copy, triad, streamingTriad
    }

    private let count: Int
    /// From the start of one array to the next: 17 cache lines more than the array, as equal offsets in two pages hinder
    /// each other.
    private let spacing: Int
    private let base: UnsafeMutablePointer<Float>

    init(count: Int) {
        self.count = count
        spacing = count + 17 * 16
        base = UnsafeMutableRawPointer.allocate(byteCount: 3 * spacing * 4, alignment: 4096)
            .bindMemory(to: Float.self, capacity: 3 * spacing)
        base.initialize(repeating: 1, count: 3 * spacing)
    }

    deinit { base.deallocate() }

    /// - Returns: 10⁹ bytes a second, read and written, as STREAM counts them.
    func rate(of operation: Operation, _ team: ThreadTeam) -> Double {
        let times = measure(seconds: 0, warmUp: 1, atLeast: 7) {
            team.run(slices: team.threads) { slice, _ in
                // SAFETY: slices are multiples of 16 floats that end within each third of the allocation.
                let vectors = count / 16
                let (start, end) = (vectors * slice / team.threads * 16, vectors * (slice + 1) / team.threads * 16)
                let (a, b, c) = (base + start, base + spacing + start, base + 2 * spacing + start)
                switch operation {
                case .copy: cm_copy(end - start, a, c)
                case .triad: cm_triad(end - start, a, b, 3, c)
                case .streamingTriad: cm_triad_streaming(end - start, a, b, 3, c)
                }
            }
        }
        return Double(count * 4 * (operation == .copy ? 2 : 3)) / times.median / 1e6
    }
}
