import ArgumentParser
import Recipes
import WorkUnits

/// `caravan-server check`: says whether a recipe can work, before anything is made from it.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Reads a recipe and says what it would train.")

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    func run() throws {
        let parsed = try Recipe.parse(Recipe.text(ofFileAt: recipe), path: recipe)
        let model = parsed.modelConfiguration
        print("\(parsed.name): \(parsed.summary)")
        print(
            "model      \(model.layers) layers × \(model.width), \(model.heads) heads, vocabulary \(model.vocabulary), context \(model.context)"
        )
        print("unit       \(parsed.unit.steps) steps, \(parsed.tokensPerShard - 1) tokens")
        print(
            "federation \(parsed.federation.versions) versions, a merge every \(parsed.federation.mergeEvery) contributions, "
                + "quorum \(parsed.federation.quorum)")
        switch parsed.admission {
        case .open(let bits): print("admission  open, with a proof of work of \(bits) bits for each host")
        case .invitation: print("admission  by invitation: caravan-server invite")
        }
        if let witnesses = parsed.witnesses {
            print("witnesses  \(witnesses.map(\.short).joined(separator: ", "))")
        }
    }
}
