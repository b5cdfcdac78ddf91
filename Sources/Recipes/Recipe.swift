import Cleaning
import Datasets
import Deduplication
import Tokenization
import WorkUnits

/// Everything that describes a project: model, tokenizer, data, size of a work unit, optimizers and policies.
///
/// Written as YAML; `Examples/fortunes/recipe.yaml` shows every key. Keys without a stated default are required.
public struct Recipe: Codable, Hashable, Sendable {
    /// What people call the project: 1 to 64 characters.
    public var name: String
    /// One or two sentences for volunteers, at most 500 characters. Default: none.
    public var summary: String
    /// Draws version 0's weights, the split, the order of documents and everything else that is random. Default: 1.
    public var seed: UInt64
    public var model: Model
    public var tokenizer: Tokenizer
    public var data: Data
    public var unit: Unit
    public var optimizer: Optimizer
    public var federation: Federation
    /// Who may take part: everybody for a proof of work of `proofBits`, or only those with an invitation (`invitationOnly:
    /// true`). Default: `AdmissionRule.standard`.
    public var admission: AdmissionRule
    /// The public keys of those who watch the ledger, which `caravan witness` prints: 1 to 32. Default: nobody is named.
    public var witnesses: [VerifyingKey]?

    /// The shape of the GPT; see `ModelConfiguration`.
    public struct Model: Codable, Hashable, Sendable {
        public var layers: Int
        /// A multiple of `heads`.
        public var width: Int
        public var heads: Int
        public var context: Int
    }

    public struct Tokenizer: Codable, Hashable, Sendable {
        /// Entries to learn, with the 256 bytes and all special tokens; or those of `file`: 257 to 100 000.
        public var vocabulary: Int
        /// How text is divided into words. Default: `gpt2`.
        public var pattern: SplitPattern
        /// Special tokens beside the end of text. Default: none.
        public var special: [String]
        /// Megabytes of training text to learn from. Default: 256.
        public var sampleMegabytes: Int
        /// A `tokenizer.json` to take instead of learning one; relative paths begin at the recipe's folder.
        public var file: String?
    }

    public struct Data: Codable, Hashable, Sendable {
        /// Files of one kind each; `data.paths` and what describes them are the only source of a recipe without `sources`.
        public var sources: [DatasetPlan.Source]
        /// Default: `CleaningStep.standard`.
        public var clean: [CleaningStep]
        /// How near-duplicates are found; nil: they stay. Default: those of `MinHashParameters`.
        public var nearDuplicates: MinHashParameters?
        public var validation: Validation
        /// Sequences in a row that stay together when the text is mixed. Default: 8.
        public var passageSequences: Int
    }

    public struct Validation: Codable, Hashable, Sendable {
        /// Share of the documents that is never trained on, where no files are named. Default: 0.05.
        public var share: Double
        /// Shell patterns of the files that are never trained on, whole; instead of a share. Default: none.
        public var files: [String]
        /// At most so many of its tokens are measured at each merge. Default: 16384, or one sequence if that is more.
        public var tokens: Int
    }

    /// How much one volunteer computes at a time.
    public struct Unit: Codable, Hashable, Sendable {
        /// The most optimizer steps (H) of a unit.
        public var steps: Int
        /// The fewest: a unit has so many, or twice as many, and so on, to suit its host. Divides `steps`. Default: `steps`.
        public var leastSteps: Int
        /// What a unit of more than the fewest steps may take its host, in minutes. Default: 20.
        public var minutes: Double
        /// Sequences per step.
        public var batchSize: Int
        /// Sequences in memory at once; divides `batchSize`. Default: `batchSize`.
        public var microBatchSize: Int
        /// Tokens per sequence. Default: the model's context.
        public var sequenceLength: Int
        /// Default: `canonical`.
        public var numerics: Numerics
        /// Default: `float32`.
        public var activations: ActivationPrecision
        /// Default: `none`.
        public var recompute: Recompute
    }

    /// The worker's optimizer and its schedule; see `LearningRateSchedule` and `OptimizerSettings`.
    public struct Optimizer: Codable, Hashable, Sendable {
        /// Default: `adamW`.
        public var kind: OptimizerSettings.Kind
        /// Default: 0.001.
        public var learningRate: Double
        /// Default: a tenth of `learningRate`.
        public var finalLearningRate: Double
        /// Default: 50.
        public var warmupSteps: Int
        /// Default: 10.
        public var restartSteps: Int
        /// Default: 0.9.
        public var beta1: Double
        /// Default: 0.95.
        public var beta2: Double
        /// Default: 1e-8.
        public var epsilon: Double
        /// Default: 0.1.
        public var weightDecay: Double
        /// Default: 1.
        public var clipNorm: Double
        /// Muon's. Default: 0.95.
        public var momentum: Double
        /// FedProx's. Default: 0.
        public var proximal: Double
    }

    /// How updates become versions.
    public struct Federation: Codable, Hashable, Sendable {
        /// The run ends with this version.
        public var versions: Int
        /// Contributions between two merge heights.
        public var mergeEvery: Int
        /// The most versions by which a contribution may be behind. Default: 0, all start from the newest.
        public var maximumStaleness: Int
        /// Hosts that must agree on a unit's update. Default: 1.
        public var quorum: Int
        /// How far apart two answers may be that say the same, ‖u − u′‖ / ‖u′‖, 0.0001 to 0.5. With `openblas` alone; default there:
        /// 0.02 with `int4`, else 0.005. With `canonical` they are the same bytes.
        public var tolerance: Double?
        /// How long a host may keep a unit. Default: 600.
        public var deadlineSeconds: Double
        /// The keys `strategy`, `robustness`, `averaging` and `stepCodec`. Default: `diLoCo`, or `fedAvg` with staleness or `topK`, each
        /// with a server learning rate of 1 (2 with `topK`); the mean of updates clipped to the running median norm (not clipped
        /// with `topK`), no average of versions, steps as `int8`.
        public var strategy: Strategy
        /// The server keeps the weights of every so many versions, 1 to 256, beside those in use; the steps lead to the others.
        /// Changes no byte of any version. Default: 16, or 1 with `stepCodec: none`.
        public var snapshotEvery: Int
        /// Default: `int4`.
        public var updateCodec: UpdateCodec
        /// Whether hosts keep what the codec leaves out for later updates. Default: with `topK`, and only there.
        public var errorFeedback: Bool
        public var audit: Audit
        public var checks: Checks

        /// How answers are trained again by others.
        public struct Audit: Codable, Hashable, Sendable {
            /// The key `share`. Default: 0.05 where hosts can audit and nobody else compares answers: with `canonical` numerics, no
            /// error feedback and a quorum of 1; else 0.
            public var rule: AuditRule
            /// How long an audit waits for a host. Default: `deadlineSeconds`.
            public var patienceSeconds: Double
        }

        /// What is looked at on every submission, beside the update by itself.
        public struct Checks: Codable, Hashable, Sendable {
            /// Whether an update is compared with recent ones, and audited if it is unusual. Default: true.
            public var cohort: Bool
            /// The share of a unit's operations that trying its update on text may take: 0, for none, to 0.1. Default: 0.015.
            public var lossTestShare: Double
        }
    }
}
