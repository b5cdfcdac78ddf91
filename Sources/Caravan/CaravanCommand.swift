import ArgumentParser

@main
struct CaravanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caravan",
        abstract: "The model workbench: trains, measures, runs and audits small language models.",
        discussion: """
            A model is a folder with weights.safetensors and tokenizer.json, as 'caravan train' and 'caravan download' \
            write it.
            """,
        version: "0.1.0",
        subcommands: [
            Train.self, Simulate.self, Baselines.self, Evaluate.self, Generate.self, DataCommand.self,
            TokenizerCommand.self, Inspect.self, Download.self, Audit.self, Witness.self, Credits.self, Demo.self,
            CheatingWorker.self,
        ])
}
