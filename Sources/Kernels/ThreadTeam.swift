import CKernels
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Threads that stay, and take small slices of a loop from a shared counter.
///
/// A fixed split waits at every barrier for the core that somebody else uses; from a counter, the others take more. Which
/// thread computes a slice is left to chance, so a slice's result must depend on its index alone; then results do not
/// depend on the number of threads. An idle thread spins for some microseconds, then sleeps.
public final class ThreadTeam: Sendable {
    /// Threads that compute, the caller of `run` among them.
    public let threads: Int
    private let queue = SliceQueue()
    private let helpers: [pthread_t]

    /// - Parameter threads: at least 1, the caller included.
    public init(threads: Int) {
        precondition(threads >= 1, "\(threads) threads")
        let queue = self.queue
        helpers = (1..<max(threads, 1)).compactMap { worker in startThread { queue.help(as: worker) } }
        self.threads = helpers.count + 1
    }

    deinit {
        queue.stop()
        for helper in helpers { pthread_join(helper, nil) }
    }

    /// Calls `body` once for each slice, on all threads at once, and returns when the last has ended.
    ///
    /// One caller at a time. What `body` writes may not overlap between slices; memory picked by `worker`
    /// (0 ..< threads) is its own while a slice lasts.
    public func run(slices: Int, _ body: (_ slice: Int, _ worker: Int) -> Void) {
        if threads == 1 || slices == 1 {
            for slice in 0..<slices { body(slice, 0) }
        } else if slices > 0 {
            withoutActuallyEscaping(body) { queue.run(slices: slices, $0) }
        }
    }
}

/// One loop at a time, identified by a generation.
///
/// `claims` holds the generation above and the slices left below in one word: a slice is claimed by comparing and
/// exchanging the whole word, so a thread that comes late can claim only from the loop that it saw, and that loop cannot
/// end before the claimed slice has.
private final class SliceQueue: @unchecked Sendable {
    private let claims = Atomic<UInt64>(0)
    private let finished = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    private let bell = Bell()
    // SAFETY: written before `claims` is released, while no slice is left to claim; read after a claim.
    private var slices = 0
    private var body: ((Int, Int) -> Void)?

    private static let spins = 4000
    private static let remaining: UInt64 = 0xFFFF_FFFF

    func run(slices: Int, _ body: @escaping (Int, Int) -> Void) {
        precondition(slices <= Self.remaining, "\(slices) slices")
        self.slices = slices
        self.body = body
        finished.store(0, ordering: .relaxed)
        let generation = (claims.load(ordering: .relaxed) >> 32) &+ 1
        claims.store(generation << 32 | UInt64(slices), ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
        while takeSlice(as: 0) {}
        wait { self.finished.load(ordering: .sequentiallyConsistent) == slices }
        self.body = nil
    }

    func help(as worker: Int) {
        while !isStopped.load(ordering: .relaxed) {
            if takeSlice(as: worker) { continue }
            wait { self.hasSlices || self.isStopped.load(ordering: .sequentiallyConsistent) }
        }
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        bell.ring()
    }

    private var hasSlices: Bool { claims.load(ordering: .sequentiallyConsistent) & Self.remaining > 0 }

    /// - Returns: false when none was left.
    private func takeSlice(as worker: Int) -> Bool {
        var word = claims.load(ordering: .acquiring)
        while word & Self.remaining > 0 {
            let claim = claims.weakCompareExchange(
                expected: word, desired: word - 1, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
            if claim.exchanged {
                let total = slices
                body?(total - Int(word & Self.remaining), worker)
                let done = finished.add(1, ordering: .sequentiallyConsistent).newValue
                if done == total, sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
                return true
            }
            word = claim.original
        }
        return false
    }

    /// Spins, then sleeps until the condition holds.
    ///
    /// Whoever makes it true looks at `sleepers` afterwards, and rings.
    private func wait(until condition: () -> Bool) {
        for _ in 0..<Self.spins {
            if condition() { return }
            ck_spin()
        }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        bell.sleep(until: condition)
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }
}

/// A mutex and a condition variable.
private final class Bell: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func sleep(until isTrue: () -> Bool) {
        pthread_mutex_lock(mutex)
        while !isTrue() { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }

    func ring() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}

/// What a new thread is to do.
private final class ThreadStart {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// - Returns: nil when the system has no thread to give.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    #if canImport(Darwin)
    var thread: pthread_t?
    #else
    var thread = pthread_t()
    #endif
    let start = Unmanaged.passRetained(ThreadStart(body))
    let status = pthread_create(&thread, nil, runThread, start.toOpaque())
    guard status == 0 else {
        start.release()
        return nil
    }
    return thread
}

#if canImport(Darwin)
private func runThread(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadStart>.fromOpaque(start).takeRetainedValue().body()
    return nil
}
#else
private func runThread(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let start { Unmanaged<ThreadStart>.fromOpaque(start).takeRetainedValue().body() }
    return nil
}
#endif
