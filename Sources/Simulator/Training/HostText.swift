import Recipes
import WorkUnits

/// Which tokens each unit of a simulated run trains on.
package struct HostText {
    private let text: TextParts
    /// Shared text as it is handed out: its passages in a random order, so that every unit has something of every file.
    private var mixed: [UInt32] = []
    private let division: TextDivision
    private let tokensPerStep: Int
    /// Tokens that are taken from one part in a row: a passage's.
    private let passageTokens: Int
    /// By host, the share of its text that each part has; empty for shared text.
    private var mixtures: [[Double]] = []
    /// By host and part, where the host reads on.
    private var cursors: [[Int]] = []
    private var random: [RandomStream] = []

    package init(_ text: TextParts, settings: SimulationSettings, recipe: Recipe) {
        self.text = text
        tokensPerStep = recipe.tokensPerStep
        passageTokens = recipe.tokensPerPassage
        division = settings.text
        guard division != .shared else {
            mixed = Self.mixed(
                text.tokens, sequenceLength: recipe.unit.sequenceLength, passageTokens: passageTokens,
                seed: settings.seed)
            return
        }
        let total = Double(text.tokens.count)
        let sources = text.parts.map(\.source).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        for host in 0..<settings.hosts {
            // Streams of their own: what a host trains on does not depend on how long others take.
            var random = RandomStream(seed: settings.seed, stream: UInt64(host) << 8 | 3)
            switch division {
            case .shared: break
            case .files:
                mixtures.append(Self.dealt(text.parts.count, to: host, of: settings.hosts, text) { $0 })
            case .sources:
                mixtures.append(
                    Self.dealt(sources.count, to: host, of: settings.hosts, text) { part in
                        sources.firstIndex(of: text.parts[part].source) ?? 0
                    })
            case .dirichlet(let alpha):
                mixtures.append(random.dirichlet(text.parts.map { alpha * Double($0.tokens.count) / total }))
            }
            cursors.append(text.parts.map { random.below(max($0.tokens.count, 1)) })
            self.random.append(random)
        }
    }

    /// As in a project, what is no whole passage comes last. Cut to whole sequences: in every pass over the text they begin where
    /// passages do.
    private static func mixed(_ tokens: [UInt32], sequenceLength: Int, passageTokens: Int, seed: UInt64) -> [UInt32] {
        let end = tokens.count - tokens.count % sequenceLength
        let passages = end / passageTokens
        let random = CounterRandom(seed: seed, stream: 4)
        let order = (0..<passages).sorted { (random[UInt64($0)], $0) < (random[UInt64($1)], $1) }
        var mixed: [UInt32] = []
        mixed.reserveCapacity(end)
        for passage in order { mixed += tokens[passage * passageTokens..<(passage + 1) * passageTokens] }
        return mixed + tokens[passages * passageTokens..<end]
    }

    /// Groups of parts are dealt out in turn: to more hosts than groups again from the first one, of more groups than hosts
    /// each host has several. Within its groups a host takes each part by its size.
    private static func dealt(
        _ groups: Int, to host: Int, of hosts: Int, _ text: TextParts, group: (Int) -> Int
    ) -> [Double] {
        let sizes = text.parts.indices.map { part in
            let own = groups > hosts ? group(part) % hosts == host : group(part) == host % groups
            return own ? Double(text.parts[part].tokens.count) : 0
        }
        let sum = sizes.reduce(0, +)
        return sizes.map { $0 / sum }
    }

    /// The tokens of a unit's steps, and the one after the last.
    ///
    /// Shared text is cut into units by steps, passage after passage in their order, and begins again after its end. Of its own text a host
    /// takes the next, in passages, each from a part drawn by its mixture.
    package mutating func tokens(of steps: Range<Int>, host: Int) -> [UInt32] {
        let count = steps.count * tokensPerStep + 1
        guard division != .shared else {
            return Self.tokens(count, from: steps.lowerBound * tokensPerStep, of: mixed)
        }
        var tokens: [UInt32] = []
        tokens.reserveCapacity(count)
        while tokens.count < count {
            let part = drawPart(for: host)
            let length = min(passageTokens, count - tokens.count)
            tokens += Self.tokens(length, from: cursors[host][part], of: text.parts[part].tokens)
            cursors[host][part] = (cursors[host][part] + length) % text.parts[part].tokens.count
        }
        return tokens
    }

    private mutating func drawPart(for host: Int) -> Int {
        var draw = random[host].share()
        for (part, share) in mixtures[host].enumerated() where share > 0 {
            draw -= share
            if draw < 0 { return part }
        }
        return mixtures[host].lastIndex { $0 > 0 } ?? 0
    }

    /// Beginning again where the text ends.
    private static func tokens(_ count: Int, from start: Int, of text: [UInt32]) -> [UInt32] {
        var tokens: [UInt32] = []
        tokens.reserveCapacity(count)
        var place = start % text.count
        while tokens.count < count {
            let end = min(place + count - tokens.count, text.count)
            tokens += text[place..<end]
            place = end % text.count
        }
        return tokens
    }
}
