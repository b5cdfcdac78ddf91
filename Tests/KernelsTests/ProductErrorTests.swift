import Foundation
import Kernels
import TestSupport
import Testing

/// How far products in float32 are from those in float64. With CARAVAN_PRINT=1 it prints the table of docs/numerics.md.
struct ProductErrorTests {
    /// Errors relative to the root mean square of the exact result.
    struct Errors {
        var rms, greatest: Double
    }

    /// `[48, k] · [k, 48]` of numbers between -1 or 0 and 1.
    private func errors(_ products: Arithmetic.Products, k: Int, isPositive: Bool) -> Errors {
        let (space, side) = (Workspace(), 48)
        var random = SplitMix64(seed: 40)
        let a = random.floats(side * k).map { isPositive ? abs($0) : $0 }
        let b = random.floats(k * side).map { isPositive ? abs($0) : $0 }
        let c = space.zeros(side, side)
        Arithmetic(products).multiply(space.matrix(a, rows: side).asIs, space.matrix(b, rows: k).asIs, into: c)
        let exact = Reference.multiply(a.doubles, b.doubles, m: side, k: k, n: side)
        func rms(_ values: [Double]) -> Double {
            (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }
        let differences = zip(c.values, exact).map { Double($0) - $1 }
        return Errors(
            rms: rms(differences) / rms(exact), greatest: (differences.map(abs).max() ?? 0) / rms(exact))
    }

    @Test(arguments: [128, 512, 768, 3072, 50257], [false, true])
    func `canonical products are as exact as float32 allows`(k: Int, isPositive: Bool) {
        let canonical = errors(.canonical, k: k, isPositive: isPositive)
        let openBLAS = errors(.openBLAS, k: k, isPositive: isPositive)
        // Half a unit in the last place for each of the terms of a block, and for each block, if all erred alike.
        let bound = Double(min(k, 256) + k / 256) * 0x1p-24
        #expect(canonical.greatest < bound * (isPositive ? 1 : Double(k).squareRoot()))
        #expect(canonical.rms < 1e-5 && openBLAS.rms < 1e-5)
        if ProcessInfo.processInfo.environment["CARAVAN_PRINT"] != nil {
            let figures = [canonical.rms, canonical.greatest, openBLAS.rms, openBLAS.greatest]
            let cells = figures.map { String(format: "%.1e", $0) }.joined(separator: " | ")
            print("| \(isPositive ? "0 to 1" : "-1 to 1") | \(k) | \(cells) |")
        }
    }
}
