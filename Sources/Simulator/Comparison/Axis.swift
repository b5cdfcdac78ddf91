import Documents
import Recipes
import WorkUnits

/// Something that simulations can differ in, by its name on the command line.
public enum Axis: String, CaseIterable, Sendable {
    case strategy, rate, momentum, averaging, codec, rule, clip, hostile, cheats, audits,
        text, profile, hosts, seed
    case versions, mergeEvery, staleness, steps, leastSteps, optimizer, learningRate, finalLearningRate, restartSteps,
        proximal

    /// What its values are, for `--help`.
    public var help: String {
        switch self {
        case .strategy:
            "\(Self.names(Strategy.Kind.self)), each perhaps with :rate and :momentum; or \(Self.oneMachine), perhaps "
                + "with :n for batches n times as large"
        case .rate: "the server learning rate"
        case .momentum: "the outer momentum"
        case .averaging: "the decay of the running average of versions"
        case .codec: "\(Self.names(UpdateCodec.self)), each perhaps with *factor for the server learning rate"
        case .rule:
            "\(Self.names(Robustness.Rule.self)), each but the mean perhaps with :f, as federation.robustness.hostile"
        case .clip: Self.names(Robustness.Clip.self)
        case .hostile: "none, or a share and what they send: 0.2:signFlip (\(Self.names(Attack.self)))"
        case .cheats:
            "none, or the share of hosts that cheat, perhaps with :kind, :honest answers first and :rate of units: "
                + "0.2:half:40:0.5 (all, \(Self.names(Cheat.self)))"
        case .audits: "the share of a trusted host's answers that are trained again"
        case .text: "shared, files, sources, or dirichlet:alpha"
        case .profile: HostProfile.all.map(\.name).joined(separator: ", ")
        case .hosts: "a number"
        case .seed: "a number: of weights, text and hosts"
        case .optimizer: Self.names(OptimizerSettings.Kind.self)
        case .versions, .mergeEvery, .staleness, .steps, .leastSteps, .learningRate, .finalLearningRate, .restartSteps,
            .proximal:
            "as in the recipe"
        }
    }

    private static let oneMachine = "oneMachine"

    private static func names<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> String {
        Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }

    /// An axis and its values, such as `codec=float32,int4`.
    static func parse(_ comparison: String) throws(SimulationFailure) -> (axis: Axis, values: [String]) {
        let parts = comparison.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let axis = try parts[0].choice(of: Axis.self, "a comparison is name=value,value; the name")
        let values = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        guard !values.isEmpty else {
            throw SimulationFailure("\(comparison): name its values, such as \(axis.rawValue)=a,b; \(axis.help)")
        }
        return (axis, values)
    }

    func label(_ value: String) -> String {
        switch self {
        case .strategy where value.hasPrefix(Self.oneMachine):
            "one machine" + (value.contains(":") ? ", batches × \(value.drop { $0 != ":" }.dropFirst())" : "")
        case .strategy, .codec, .rule, .profile, .optimizer: value
        case .hostile: value == "none" ? "none hostile" : value
        case .cheats: value == "none" ? "no cheats" : value
        default: "\(rawValue) \(value)"
        }
    }

    func apply(_ value: String, to scenario: inout Scenario) throws(SimulationFailure) {
        switch self {
        case .strategy where value.hasPrefix(Self.oneMachine):
            let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            scenario.oneMachineBatch = parts.count > 1 ? try parts[1].wholeNumber() : 1
        case .strategy, .rate, .momentum, .averaging, .rule, .clip: try applyStrategy(value, to: &scenario.recipe)
        case .codec: try Self.applyCodec(value, to: &scenario.recipe)
        case .hostile: (scenario.settings.hostileShare, scenario.settings.attack) = try Self.hostile(value)
        case .cheats: scenario.settings.cheating = try Self.cheating(value)
        case .audits: scenario.recipe.federation.audit.rule.share = try value.number()
        case .text: scenario.settings.text = try TextDivision(parsing: value)
        case .profile: scenario.settings.profile = try HostProfile.named(value)
        case .hosts: scenario.settings.hosts = try value.wholeNumber()
        case .seed:
            scenario.settings.seed = try value.wholeNumber()
            scenario.recipe.seed = scenario.settings.seed
        case .versions: scenario.recipe.federation.versions = try value.wholeNumber()
        case .mergeEvery: scenario.recipe.federation.mergeEvery = try value.wholeNumber()
        case .staleness: scenario.recipe.federation.maximumStaleness = try value.wholeNumber()
        case .steps:
            scenario.recipe.unit.steps = try value.wholeNumber()
            scenario.recipe.unit.leastSteps = scenario.recipe.unit.steps
        case .leastSteps: scenario.recipe.unit.leastSteps = try value.wholeNumber()
        case .optimizer:
            scenario.recipe.optimizer.kind = try value.choice(of: OptimizerSettings.Kind.self, "an optimizer")
        case .learningRate:
            // The schedule keeps its form.
            let rate = try value.number()
            scenario.recipe.optimizer.finalLearningRate *= rate / scenario.recipe.optimizer.learningRate
            scenario.recipe.optimizer.learningRate = rate
        case .finalLearningRate: scenario.recipe.optimizer.finalLearningRate = try value.number()
        case .restartSteps: scenario.recipe.optimizer.restartSteps = try value.wholeNumber()
        case .proximal: scenario.recipe.optimizer.proximal = try value.number()
        }
    }

    /// A share and an attack, such as `0.2:signFlip`.
    public static func hostile(_ value: String) throws(SimulationFailure) -> (share: Double, attack: Attack) {
        guard value != "none", value != "0" else { return (0, .signFlip) }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw SimulationFailure("say a share and what they send, such as 0.2:signFlip") }
        let share = try parts[0].number()
        guard share >= 0, share < 1 else { throw SimulationFailure("a share of \(share) is not from 0 to below 1") }
        return (share, try parts[1].choice(of: Attack.self, "what hostile hosts send"))
    }
}

extension Axis {
    /// A share of hosts, and perhaps how and when they cheat, such as `0.2:half:40:0.5`.
    public static func cheating(_ value: String) throws(SimulationFailure) -> Cheating {
        guard value != "none" else { return Cheating() }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 4 else { throw SimulationFailure("say share:kind:honest:rate at most") }
        var cheating = Cheating(share: try parts[0].number())
        if parts.count > 1, parts[1] != "all" {
            cheating.kinds = [try parts[1].choice(of: Cheat.self, "a way to cheat, or all")]
        }
        if parts.count > 2 { cheating.honestFirst = try parts[2].wholeNumber() }
        if parts.count > 3 { cheating.rate = try parts[3].number() }
        return cheating
    }
}

// MARK: Strategies and codecs

extension Axis {
    private func applyStrategy(_ value: String, to recipe: inout Recipe) throws(SimulationFailure) {
        var strategy = recipe.federation.strategy
        switch self {
        case .strategy:
            let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count <= 3 else { throw SimulationFailure("a strategy is kind:rate:momentum at most") }
            strategy = Strategy(
                kind: try parts[0].choice(of: Strategy.Kind.self, "a strategy"),
                serverLearningRate: parts.count > 1 ? try parts[1].number() : nil,
                momentum: parts.count > 2 ? try parts[2].number() : nil, localSteps: recipe.unit.steps,
                robustness: strategy.robustness, averaging: strategy.averaging, stepCodec: strategy.stepCodec)
        case .rate: strategy.serverLearningRate = try value.number()
        case .momentum:
            guard strategy.kind.parameters.contains(.momentum) else {
                throw SimulationFailure("\(strategy.kind.rawValue) has no momentum")
            }
            strategy = Strategy(
                kind: strategy.kind, serverLearningRate: strategy.serverLearningRate, momentum: try value.number(),
                momentumWarmup: strategy.momentumWarmup, robustness: strategy.robustness, averaging: strategy.averaging,
                stepCodec: strategy.stepCodec)
        case .averaging: strategy.averaging = try value.number()
        case .rule:
            let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let rule = try parts[0].choice(of: Robustness.Rule.self, "a rule")
            strategy.robustness.rule = rule
            strategy.robustness.hostile = rule == .mean ? 0 : parts.count > 1 ? try parts[1].number() : 0.2
        default: strategy.robustness.clip = try value.choice(of: Robustness.Clip.self, "a clip")
        }
        recipe.federation.strategy = strategy
    }

    private static func applyCodec(_ value: String, to recipe: inout Recipe) throws(SimulationFailure) {
        let parts = value.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        recipe.federation.updateCodec = try parts[0].choice(of: UpdateCodec.self, "a codec")
        if parts.count > 1 { recipe.federation.strategy.serverLearningRate *= try parts[1].number() }
        // What a recipe would take with topK; see docs/federation.md.
        if recipe.federation.updateCodec == .topK { recipe.federation.strategy.robustness.clip = .none }
        recipe.federation.errorFeedback = recipe.federation.updateCodec == .topK
    }
}

// MARK: Values

extension TextDivision {
    /// `shared`, `files`, `sources` or `dirichlet:α`.
    public init(parsing text: String) throws(SimulationFailure) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("shared", 1): self = .shared
        case ("files", 1): self = .files
        case ("sources", 1): self = .sources
        case ("dirichlet", 2): self = .dirichlet(try parts[1].number())
        case ("dirichlet", _): throw SimulationFailure("dirichlet needs its alpha, such as dirichlet:0.3")
        default:
            throw SimulationFailure(
                "'\(text)' is unknown; "
                    + NearestName.advice(for: parts[0], among: ["shared", "files", "sources", "dirichlet"]))
        }
    }
}

extension HostProfile {
    public static func named(_ name: String) throws(SimulationFailure) -> HostProfile {
        guard let profile = all.first(where: { $0.name == name }) else {
            throw SimulationFailure("'\(name)' is unknown; \(NearestName.advice(for: name, among: all.map(\.name)))")
        }
        return profile
    }
}

extension String {
    fileprivate func choice<Choice: RawRepresentable<String> & CaseIterable>(
        of type: Choice.Type, _ what: String
    ) throws(SimulationFailure) -> Choice {
        guard let choice = Choice(rawValue: self) else {
            let names = Choice.allCases.map(\.rawValue)
            throw SimulationFailure("\(what): '\(self)' is unknown; \(NearestName.advice(for: self, among: names))")
        }
        return choice
    }

    fileprivate func number() throws(SimulationFailure) -> Double {
        guard let number = Double(self), number.isFinite else { throw SimulationFailure("'\(self)' is not a number") }
        return number
    }

    fileprivate func wholeNumber<Number: FixedWidthInteger>() throws(SimulationFailure) -> Number {
        guard let number = Number(self), number >= 0, number <= 1 << 40 else {
            throw SimulationFailure("'\(self)' is not a whole number")
        }
        return number
    }
}
