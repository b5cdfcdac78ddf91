import Dashboard
import Testing
import WorkUnits

@Suite struct DashboardPageTests {
    @Test func `the page shows the run, its versions and how to join`() {
        let page = render(checkpoints: (0..<5).map { checkpoint($0, loss: 6 - Double($0) / 2) })
        #expect(page.contains("<title>Fables · Caravan</title>"))
        #expect(page.contains("Version 4 of 8"))
        #expect(page.contains("caravan-client join http://example.org:8080"))
        #expect(page.contains(Sample.key.verifyingKey.description))
        #expect(page.contains("went from 6.000 nats per token at version 0 to 4.000 at version 4"))
        #expect(page.contains("<td>4.0000</td><td>1.5000</td><td>54.60</td><td>25.0%</td>"))
        #expect(page.contains("12\u{202f}345 tokens"))
        #expect(page.contains("16.0%</dd>"))
        #expect(page.contains("1.5 MB") && page.contains("999 bytes"))
    }

    @Test func `what others wrote cannot become markup`() {
        let hostile = "<script>alert('1')</script> \"&"
        let page = render(name: hostile, summary: hostile, address: "http://\(hostile)")
        #expect(!page.contains("<script"))
        #expect(page.contains("<h1>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &quot;&amp;</h1>"))
        #expect(page.contains("join http://&lt;script&gt;"))
    }

    @Test func `the page needs nothing from elsewhere`() {
        let page = render(checkpoints: [checkpoint(0, loss: 5), checkpoint(1, loss: 4)])
        for outside in ["src=", "@import", "url(", "<link", "href=\"http"] {
            #expect(!page.contains(outside), "\(outside)")
        }
    }

    @Test func `the page loads itself again until the run is complete`() {
        #expect(render(finished: false).contains("http-equiv=\"refresh\""))
        #expect(!render(finished: true).contains("http-equiv=\"refresh\""))
    }

    @Test(arguments: [
        [], [5.0], [5, 5], [0, 0], [.nan], [5, .nan, 4], [.infinity, 3], [1e300, 1e-300], [-1e9, 1e9],
    ])
    func `any losses make a page without broken numbers`(losses: [Double]) {
        let page = render(checkpoints: losses.enumerated().map { checkpoint($0.offset, loss: $0.element) })
        #expect(page.hasSuffix("</html>"))
        #expect(!page.contains("nan") && !page.contains("inf,") && !page.contains("\"inf"))
    }

    @Test func `a long run makes a page of bounded size`() {
        let page = render(checkpoints: (0..<20_000).map { checkpoint($0, loss: 9 - Double($0) / 3000) })
        #expect(page.utf8.count < 60_000)
        #expect(page.contains("19\u{202f}900 oldest versions"))
        #expect(page.contains("at version 19999"))
    }

    private func render(
        name: String = "Fables", summary: String = "Old stories", address: String = "http://example.org:8080",
        checkpoints: [CheckpointSummary] = [], finished: Bool = false
    ) -> String {
        let status = ServerStatus(
            name: name, project: Sample.key.verifyingKey, version: max(0, checkpoints.count - 1), lastVersion: 8,
            height: 16,
            mergeEvery: 4, hosts: 3, openAssignments: 2, issued: 100, rejected: 1, expired: 4, suspicious: 7,
            bytesDown: 1_499_999,
            bytesUp: 999, checkpoints: checkpoints, finished: finished)
        return DashboardPage.render(status, of: Sample.project(name: name, summary: summary), at: address)
    }

    private func checkpoint(_ version: Int, loss: Double) -> CheckpointSummary {
        CheckpointSummary(
            version: version, height: version * 4, weights: Digest(of: "weights \(version)".utf8),
            metrics: Metrics(loss: loss, bitsPerByte: 1.5, tokenAccuracy: 0.25, tokens: 100, bytes: 300))
    }
}

private enum Sample {
    static let key = SigningKey()

    static func project(name: String, summary: String) -> ProjectDescription {
        ProjectDescription(
            name: name, summary: summary, project: key.verifyingKey,
            model: ModelConfiguration(layers: 4, width: 128, heads: 4, vocabulary: 12_345, context: 128),
            strategy: Strategy(kind: .fedAvg, serverLearningRate: 1), mergeEvery: 4, lastVersion: 10,
            maximumStaleness: 0, quorum: 1,
            tokenizer: Digest(of: "tokenizer".utf8), dataset: Digest(of: "dataset".utf8),
            recipe: Digest(of: "recipe".utf8), initialSeed: 1)
    }
}
