import Foundation

/// Round values, 1, 2 or 5 times a power of ten apart, that enclose a range: at most eight.
struct Ticks {
    let values: [Double]
    /// Decimals that tell the values apart.
    let places: Int

    init(from low: Double, to high: Double) {
        let span = max(high - low, abs(high) * 1e-3, 1e-9)
        let power = pow(10, floor(log10(span / 6)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= 6 } ?? span
        let first = floor(low / step + 1e-9)
        let last = max(first + 1, ceil(high / step - 1e-9))
        values = (0...Int(last - first)).map { (first + Double($0)) * step }
        places = max(0, min(6, Int(ceil(-log10(step) - 1e-9))))
    }
}

/// Places of values in the picture, y downwards.
struct Scale {
    let x: Ticks
    let y: Ticks
    let size: (width: Double, height: Double)
    let frame: (left: Double, right: Double, top: Double, bottom: Double)

    func x(_ value: Double) -> Double {
        frame.left + Self.share(of: value, x) * (size.width - frame.left - frame.right)
    }

    func y(_ value: Double) -> Double {
        size.height - frame.bottom - Self.share(of: value, y) * (size.height - frame.top - frame.bottom)
    }

    private static func share(of value: Double, _ ticks: Ticks) -> Double {
        let (low, high) = (ticks.values[0], ticks.values[ticks.values.count - 1])
        return (value - low) / (high - low)
    }
}
