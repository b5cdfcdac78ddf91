import WorkUnits

/// A project whose training nobody waits for: what is left is the work of its server.
struct TinyProject {
    var mergeEvery: Int
    var staleness = 2
    var width: Int
    var versions = 1_000_000
    /// A version that carries something cannot follow one that was made up.
    var clip = Robustness.Clip.medianNorm
    var layers = 1
    var heads = 1
    var vocabulary = 257
    var context = 8

    var recipe: String {
        """
        name: requests
        seed: 5
        admission: {proofBits: 0}
        model: {layers: \(layers), width: \(width), heads: \(heads), context: \(context)}
        tokenizer: {vocabulary: \(vocabulary)}
        data:
          paths: [text.txt]
          separator: ""
          validation: {share: 0.1, tokens: 64}
        unit: {steps: 2, batchSize: 1, sequenceLength: 8}
        federation:
          versions: \(versions)
          mergeEvery: \(mergeEvery)
          maximumStaleness: \(staleness)
          deadlineSeconds: 600
          updateCodec: int4
          robustness: {rule: mean, clip: \(clip.rawValue)}
          audit: {share: 0}
          checks: {cohort: false}
        """
    }

    var model: ModelConfiguration {
        ModelConfiguration(layers: layers, width: width, heads: heads, vocabulary: vocabulary, context: context)
    }

    /// An update of this project's units.
    func template(isZero: Bool = false) throws -> UpdateTemplate {
        try UpdateTemplate(model: model, tokens: 16, steps: 2, codec: .int4, isZero: isZero)
    }

    static let text = (0..<400).map { "Caravan \($0) follows the road to well \($0 * 7 % 31) and rests." }
        .joined(separator: "\n\n")

    /// A host that is a volunteer of its own.
    static func registration(of key: SigningKey, in project: ProjectID) throws -> Signed<HostRegistration> {
        let now = SystemClock.now()
        let certificate = HostCertificate(volunteer: key.verifyingKey, host: key.verifyingKey, issued: now)
        let body = HostRegistration(
            project: project, host: key.verifyingKey, name: "benchmark", software: "caravan-benchmarks", processors: 2,
            certificate: try Signed(certificate, by: key, context: HostCertificate.signingContext),
            stamp: RequestStamp(now))
        return try Signed(body, by: key, context: HostRegistration.signingContext)
    }

    static func hostKey(_ number: Int) -> SigningKey {
        guard let key = SigningKey(seed: Digest(of: "benchmark host \(number)".utf8).bytes) else {
            preconditionFailure("a digest has 32 bytes")
        }
        return key
    }
}
