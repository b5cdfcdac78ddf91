import Charts
import Foundation
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

struct CoursePlotTests {
    private static func plot(_ count: Int) -> CoursePlot {
        CoursePlot(
            title: "a <b> & c", xLabel: "tokens", yLabel: "loss",
            lines: (0..<count).map { line in
                .init(name: "line <\(line)>", points: [(0, 5), (1, 4 - Double(line) / 10), (2, .nan), (3, 3)])
            })
    }

    private static func isDocument(_ svg: String) -> Bool { XMLParser(data: Data(svg.utf8)).parse() }

    @Test(arguments: [0, 1, 2, 13]) func `it is a document with a line and an entry of the legend for each course`(
        count: Int
    ) {
        let svg = Self.plot(count).svg
        #expect(Self.isDocument(svg), "\(svg)")
        #expect(svg.components(separatedBy: "<polyline").count - 1 == 2 * count)
        for line in 0..<count { #expect(svg.contains("line &lt;\(line)&gt;")) }
        #expect(!svg.contains("nan"))
    }

    @Test func `lines beyond the colours are dashed`() {
        let svg = Self.plot(7).svg
        #expect(svg.components(separatedBy: "stroke-dasharray").count - 1 == 2)
    }

    @Test func `the same values are the same bytes`() {
        #expect(Self.plot(3).svg == Self.plot(3).svg)
    }
}
