/// What a volunteer learns about a project before joining, signed by the coordinator. Does not change during a run.
public struct ProjectDescription: Codable, Hashable, Sendable {
    public var format: Int
    public var name: String
    public var summary: String
    public var project: ProjectID
    public var model: ModelConfiguration
    public var strategy: Strategy
    /// Contributions between two merge heights.
    public var mergeEvery: Int
    /// The version that ends the run.
    public var lastVersion: Int
    /// Merges that may lie between a contribution's base and the version it is added to.
    public var maximumStaleness: Int
    public var quorum: Int
    /// How far apart two answers may be that say the same, ‖u − u′‖ / ‖u′‖, where processors round differently. Nil where every
    /// machine gives the same bytes.
    public var tolerance: Double?
    /// Which answers are trained again by others.
    public var audit: AuditRule
    public var admission: AdmissionRule
    /// Those whose word about the ledger readers look for. Nil for none.
    public var witnesses: [VerifyingKey]?
    /// Digest of `tokenizer.json`, a blob.
    public var tokenizer: Digest
    /// Digest of the dataset manifest, a blob.
    public var dataset: Digest
    /// Digest of the recipe's text, a blob.
    public var recipe: Digest
    /// Draws version 0's weights.
    public var initialSeed: UInt64

    /// Contributions of the whole run.
    public var lastHeight: Int { lastVersion * mergeEvery }

    public static let currentFormat = 5
    public static let signingContext = "caravan project 1"

    public init(
        name: String, summary: String, project: ProjectID, model: ModelConfiguration, strategy: Strategy,
        mergeEvery: Int, lastVersion: Int, maximumStaleness: Int, quorum: Int,
        tolerance: Double? = nil, audit: AuditRule = AuditRule(share: 0),
        admission: AdmissionRule = .open(proofBits: 0), witnesses: [VerifyingKey]? = nil, tokenizer: Digest,
        dataset: Digest, recipe: Digest,
        initialSeed: UInt64
    ) {
        format = Self.currentFormat
        self.name = name
        self.summary = summary
        self.project = project
        self.model = model
        self.strategy = strategy
        self.mergeEvery = mergeEvery
        self.lastVersion = lastVersion
        self.maximumStaleness = maximumStaleness
        self.quorum = quorum
        self.tolerance = tolerance
        self.audit = audit
        self.admission = admission
        self.witnesses = witnesses
        self.tokenizer = tokenizer
        self.dataset = dataset
        self.recipe = recipe
        self.initialSeed = initialSeed
    }
}
