/// Repeats a step until that many seconds have passed, and at least that often, after a warm-up.
///
/// - Returns: the milliseconds of each repetition.
func measure(seconds: Double, warmUp: Int = 2, atLeast: Int = 3, _ step: () throws -> Void) rethrows -> [Double] {
    for _ in 0..<warmUp { try step() }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var times: [Double] = []
    while times.count < atLeast || clock.now < end {
        times.append(try clock.measure(step).milliseconds)
    }
    return times
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}
