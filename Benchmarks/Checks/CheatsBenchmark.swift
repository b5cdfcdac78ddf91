import ArgumentParser
import Verification
import WorkUnits

/// Trains a small federation, lets a host of each version cheat in every way, and asks the checks.
struct CheatsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cheats", abstract: "Which kinds of cheats the checks suspect, on real training of a small model.")

    @OptionGroup var text: BenchmarkText

    @Option(help: "Versions; FedAvg, int4, AdamW.")
    var versions = 24

    @Option(help: "Honest units of each version; a cheat comes after them.")
    var units = 8

    @OptionGroup var small: SmallFederation

    @Option(help: "The share of a unit's operations that the loss test may take.")
    var share = 0.015

    @Flag(help: "Print what is measured of each update.")
    var each = false

    func run() throws {
        var federation = try small.federation(of: text, versions: versions, unitsEach: units + 1)
        var trials = try CheckTrials(federation, share: share)
        var old: [Float]?
        for version in 0..<versions {
            trials.begin(version, federation)
            let first = version * (units + 1)
            var honest: [[Float]] = []
            for index in first..<first + units {
                let update = try federation.honestUpdate(of: index, version: version)
                honest.append(update)
                report(trials.take(update, of: index, version: version, federation), version, as: "honest")
            }
            let sent = try Cheater.updates(
                for: first + units, version: version, beside: honest, old: old, federation)
            for (kind, update) in sent {
                report(
                    trials.look(at: update, of: first + units, version: version, federation, as: kind), version,
                    as: kind)
            }
            // What it sent before is known.
            old = sent.last?.update
            if let old { trials.remember(old, of: first + units, version: version, federation) }
            federation.merge(honest)
        }
        trials.table.show()
    }

    private func report(_ measured: CheckTrials.Measured, _ version: Int, as kind: String) {
        guard each else { return }
        print(
            Figures(
                "update",
                [
                    "version": "\(version)", "kind": kind, "own": measured.change.own.formatted(digits: 3),
                    "other": measured.change.other.formatted(digits: 3),
                    "length": measured.length.formatted(digits: 2), "likeness": measured.likeness.formatted(digits: 3),
                    "agreement": measured.agreement.formatted(digits: 3),
                    "finding": measured.finding.map { CheckTrials.reason($0.suspicion) } ?? "none",
                ]))
    }
}
