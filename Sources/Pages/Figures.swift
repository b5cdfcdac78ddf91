import Foundation

/// Numbers as people read them.
public enum Figures {
    /// With so many decimals; a dash for what is no number.
    public static func decimal(_ value: Double, _ places: Int) -> String {
        value.isFinite ? String(format: "%.\(places)f", value) : "–"
    }

    /// Of one: `0.25` is `25.0%`.
    public static func share(_ value: Double) -> String {
        value.isFinite ? decimal(value * 100, 1) + "%" : "–"
    }

    /// In thousands: `12.3 MB`.
    public static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var units = ["bytes", "kB", "MB", "GB", "TB", "PB"][...]
        while value >= 1000, units.count > 1 {
            value /= 1000
            units.removeFirst()
        }
        return decimal(value, units.startIndex == 0 ? 0 : 1) + " " + (units.first ?? "")
    }

    /// Thousands apart: `12 345`, with a narrow space that does not break.
    public static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
        return (value < 0 ? "−" : "") + groups.reversed().joined(separator: "\u{202f}")
    }
}
