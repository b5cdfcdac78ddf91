import Charts
import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

struct LossPlotTests {
    /// Reads the document as XML does, and counts.
    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [(name: String, attributes: [String: String])] = []
        var texts: [String] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String] = [:]
        ) {
            elements.append((name, attributes))
            texts.append("")
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            texts[texts.count - 1] += text.trimmingCharacters(in: .newlines)
        }

        func elements(_ name: String, ofClass wanted: String? = nil) -> [[String: String]] {
            elements.filter { $0.name == name && (wanted == nil || $0.attributes["class"] == wanted) }.map(\.attributes)
        }
    }

    private func read(_ plot: LossPlot) throws -> Reader {
        let reader = Reader()
        let parser = XMLParser(data: Data(plot.svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(plot.svg)")
        return reader
    }

    private func points(_ line: [String: String]) throws -> [(x: Double, y: Double)] {
        try #require(line["points"]).split(separator: " ").map { pair in
            let numbers = pair.split(separator: ",").compactMap { Double($0) }
            try #require(numbers.count == 2)
            return (numbers[0], numbers[1])
        }
    }

    private let plot = LossPlot(
        title: "a <small> & quick run", training: (1...1000).map { 2 + 4 / Float($0).squareRoot() },
        evaluations: [250, 500, 750, 1000].map { .init(step: $0, loss: $0 == 750 ? 2.1 : 2.5) })

    @Test func `it is a document with a title, both curves, units and a mark for the best`() throws {
        let reader = try read(plot)
        #expect(reader.texts.contains("a <small> & quick run"))
        #expect(reader.texts.contains("optimizer steps"))
        #expect(reader.texts.contains("loss in nats per token"))
        #expect(reader.texts.contains("training, mean of 20 steps"))
        #expect(reader.texts.contains { $0.contains("2.1000 nats per token, at step 750") })
        #expect(reader.elements("polyline", ofClass: "training").count == 2, "the curve and its legend")
        #expect(reader.elements("polyline", ofClass: "validation").count == 2)
        #expect(reader.elements("circle", ofClass: "dot").count == 3)
        #expect(reader.elements("circle", ofClass: "dot best").count == 2, "the lowest and its legend")
        #expect(plot.svg.contains("prefers-color-scheme: dark"))
    }

    @Test func `curves fall where losses do, inside of the picture`() throws {
        let reader = try read(plot)
        let curve = try points(#require(reader.elements("polyline", ofClass: "training").last))
        #expect(curve.count <= 401)
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.x < $1.x && $0.y <= $1.y }, "y counts downwards")
        let validation = try points(#require(reader.elements("polyline", ofClass: "validation").last))
        #expect(validation.count == 4)
        #expect(validation.max { $0.y < $1.y }?.x == validation[2].x)
        for point in curve + validation { #expect((72...776).contains(point.x) && (64...384).contains(point.y)) }
    }

    @Test func `the same values give the same bytes`() {
        #expect(plot.svg == plot.svg)
        #expect(plot.svg.hasSuffix("</svg>\n"))
    }

    @Test(arguments: [0, 1, 2])
    func `a run that has just begun can be drawn`(steps: Int) throws {
        let reader = try read(LossPlot(title: "", training: Array(repeating: 7, count: steps), evaluations: []))
        #expect(reader.elements("polyline", ofClass: "validation").count == 1, "the legend alone")
        let one = try read(LossPlot(title: "", training: [7], evaluations: [.init(step: 1, loss: 7)]))
        #expect(one.elements("circle", ofClass: "dot best").count == 2)
    }

    @Test func `values that are not finite are left out`() throws {
        var odd = plot
        odd.training[10] = .nan
        odd.training[500] = .infinity
        odd.evaluations.append(.init(step: 1001, loss: .nan))
        let reader = try read(odd)
        #expect(!odd.svg.contains("nan") && !odd.svg.contains("inf"))
        #expect(reader.elements("circle", ofClass: "dot").count == 3)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `any run is a well-formed document`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scale = Float([1e-6, 0.01, 1, 50, 1e6].randomElement(using: &random) ?? 1)
        let losses = random.floats(Int.random(in: 0...3000, using: &random), scale: scale)
        let evaluations = (0..<Int.random(in: 0...40, using: &random)).map { _ in
            LossPlot.Evaluation(
                step: Int.random(in: 1...3000, using: &random), loss: Double.random(in: -1...9, using: &random))
        }
        let reader = try read(LossPlot(title: "seed \(seed)", training: losses, evaluations: evaluations))
        #expect(reader.elements("svg").count == 1)
    }
}
