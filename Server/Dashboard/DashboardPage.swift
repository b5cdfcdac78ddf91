import Pages
import WorkUnits

/// The page that people see: where the run stands, how well each version predicts, how to join.
///
/// One document without scripts or anything from elsewhere; it loads itself again while the run goes on.
public enum DashboardPage {
    /// Rows of the table of versions: the newest ones.
    private static let mostRows = 100

    /// - Parameters:
    ///   - status: where the run stands.
    ///   - project: what volunteers join.
    ///   - address: what to give to `caravan-client join`, such as `http://example.org:8080`.
    /// - Returns: HTML.
    public static func render(_ status: ServerStatus, of project: ProjectDescription, at address: String) -> String {
        let refresh: HTML = status.finished ? "" : "<meta http-equiv=\"refresh\" content=\"10\">"
        let page: HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            \(refresh)
            <title>\(project.name) · Caravan</title>
            <style>\(PageStyle.css)</style>
            </head>
            <body>
            \(header(status, project))
            <main>
            \(tiles(status))
            <section aria-labelledby="loss">
            <h2 id="loss">Validation loss <span class="quiet">nats per token, by version</span></h2>
            \(LossChart(status.checkpoints).html)
            </section>
            \(versions(status, project))
            \(joining(address, project))
            </main>
            <footer>
            <a href="/api/v1/status">Status</a> · <a href="/api/v1/ledger">Ledger</a> ·
            <a href="/api/v1/checkpoints/latest">Newest checkpoint</a> · <a href="/api/v1/openapi.yaml">API</a>
            </footer>
            </body>
            </html>
            """
        return page.description
    }

    private static func header(_ status: ServerStatus, _ project: ProjectDescription) -> HTML {
        let model = project.model
        return """
            <header>
            <p class="brand">Caravan</p>
            <h1>\(project.name)</h1>
            <p class="summary">\(project.summary)</p>
            <p class="quiet">GPT with \(model.layers) layers, width \(model.width), \(model.heads) heads, \
            \(Figures.count(model.vocabulary)) tokens, context \(Figures.count(model.context)) · \
            \(status.finished ? "the run is complete" : "training")</p>
            <label class="progress">Version \(status.version) of \(status.lastVersion)
            <progress max="\(max(1, status.lastVersion))" value="\(status.version)">\(status.version)</progress></label>
            </header>
            """
    }

    private static func tiles(_ status: ServerStatus) -> HTML {
        let toNext = status.mergeEvery - status.height % max(1, status.mergeEvery)
        let efficiency = status.issued > 0 ? Figures.share(Double(status.height) / Double(status.issued)) : "–"
        return """
            <dl class="tiles">
            \([
                tile(
                    "Contributions", Figures.count(status.height),
                    status.finished ? "all merged" : "\(Figures.count(toNext)) to the next version"),
                tile("Computers", Figures.count(status.hosts), "\(Figures.count(status.openAssignments)) units out now"),
                tile(
                    "Work units", Figures.count(status.issued),
                    "\(Figures.count(status.rejected)) rejected, \(Figures.count(status.expired)) expired, "
                        + "\(Figures.count(status.suspicious)) suspicious"),
                tile("Network efficiency", efficiency, "accepted of issued"),
                tile("Sent", Figures.bytes(status.bytesDown), "since the server started"),
                tile("Received", Figures.bytes(status.bytesUp), "since the server started"),
            ])
            </dl>
            """
    }

    private static func tile(_ name: String, _ value: String, _ note: String) -> HTML {
        "<div><dt>\(name)</dt><dd>\(value)</dd><dd class=\"quiet\">\(note)</dd></div>"
    }

    private static func versions(_ status: ServerStatus, _ project: ProjectDescription) -> HTML {
        let rows = status.checkpoints.suffix(mostRows).reversed()
        let older = status.checkpoints.count - rows.count
        return """
            <section aria-labelledby="versions">
            <h2 id="versions">Versions</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="versions">
            <table>
            <thead><tr><th scope="col">Version</th><th scope="col">Height</th><th scope="col">Loss</th>\
            <th scope="col">Bits per byte</th><th scope="col">Perplexity</th><th scope="col">Token accuracy</th>\
            <th scope="col">Weights</th></tr></thead>
            <tbody>
            \(rows.map(row))
            </tbody>
            </table>
            </div>
            <p class="quiet">Measured on held-out text. Loss and perplexity are per token of tokenizer \
            <a href="/api/v1/blobs/\(project.tokenizer.description)"><code>\(project.tokenizer.short)</code></a>; \
            bits per byte can be compared between tokenizers.\
            \(project.strategy.stepCodec == nil ? "" : " Weights that are gone are made from steps by caravan download.")\
            \(older > 0 ? " The \(Figures.count(older)) oldest versions are listed by the API only." : "")</p>
            </section>
            """
    }

    private static func row(_ checkpoint: CheckpointSummary) -> HTML {
        let metrics = checkpoint.metrics
        return """
            <tr><th scope="row">\(checkpoint.version)</th><td>\(Figures.count(checkpoint.height))</td>\
            <td>\(Figures.decimal(metrics.loss, 4))</td><td>\(Figures.decimal(metrics.bitsPerByte, 4))</td>\
            <td>\(Figures.decimal(metrics.perplexity, 2))</td><td>\(Figures.share(metrics.tokenAccuracy))</td>\
            <td><a href="/api/v1/blobs/\(checkpoint.weights.description)"><code>\(checkpoint.weights.short)</code></a></td></tr>
            """
    }

    private static func joining(_ address: String, _ project: ProjectDescription) -> HTML {
        """
        <section aria-labelledby="join">
        <h2 id="join">Lend a computer</h2>
        <pre><code>caravan-client join \(address)
        caravan-client run</code></pre>
        <p class="quiet">Joining pins this project's key, <code>\(project.project.description)</code>. \
        Check all that it has published with <code>caravan audit \(address)</code>.</p>
        </section>
        """
    }
}
