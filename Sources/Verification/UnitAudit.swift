import Checkpoints
import Foundation
import Ledger
import WorkUnits

/// One answer of the ledger, trained again from public data: what was claimed, what comes out, and where they part.
public struct UnitAudit {
    /// An answer, as the ledger records it: one that earned credit, or the false one of an auditor, which its conviction names.
    public struct Claim {
        public var entry: Int
        /// Of the unit.
        public var index: Int
        public var unit: Digest
        public var update: Digest
        public var host: HostID
        public var conviction: Conviction?

        fileprivate func isNamed(_ id: String) -> Bool {
            if let index = Int(id), id.count < 8 { return self.index == index }
            return id.count >= 6 && [unit.description, update.description, "\(host)"].contains { $0.hasPrefix(id) }
        }
    }

    public let claim: Claim
    public let manifest: UpdateManifest
    private let replay: UnitReplay
    /// How far apart answers may be, as the project says; nil where they are the same bytes.
    private let tolerance: Double?
    private let archive: UpdateArchive

    /// The answers that an id names: a unit's index, or the first digits of the digest of a unit, an update or a host.
    public static func claims(_ id: String, in mirror: PublicMirror) throws -> [Claim] {
        var claims: [Claim] = []
        var entry = 0
        try mirror.forEachEntry { text in
            let record = try CanonicalJSON.decode(LedgerEntry.self, from: Array(text.utf8)).record
            switch record {
            case .contribution(let contribution, _), .uncounted(let contribution, _):
                claims.append(
                    Claim(
                        entry: entry, index: contribution.index, unit: contribution.unit, update: contribution.update,
                        host: contribution.host))
            case .convicted(let conviction):
                let claim = Claim(
                    entry: entry, index: conviction.index, unit: conviction.unit, update: conviction.update,
                    host: conviction.host, conviction: conviction)
                if let place = claims.lastIndex(where: { $0.update == claim.update && $0.host == claim.host }) {
                    claims[place].conviction = conviction
                } else {
                    claims.append(claim)
                }
            case .opened, .joined, .revoked, .keyReplaced, .banned, .audited, .checkpoint: break
            }
            if claims.last?.entry == entry, claims.last?.isNamed(id) == false { claims.removeLast() }
            entry += 1
        }
        return claims
    }

    /// - Throws: `UnreadableBytes` and such, where the mirror lacks the unit, its base or the update.
    public init(_ claim: Claim, in mirror: PublicMirror, threads: Int) throws {
        self.claim = claim
        tolerance = try mirror.document(Signed<ProjectDescription>.self, at: mirror.projectFile).unverified().tolerance
        func blob(_ digest: Digest) throws -> FileBytes {
            let bytes = try FileBytes(path: mirror.blobFile(digest).path)
            guard try Digest(reading: bytes) == digest else {
                throw UnreadableBytes(reason: "\(mirror.blobFile(digest).path) is not what its name says")
            }
            return bytes
        }
        let unit = try blob(claim.unit)
        let base = try WorkUnitArchive.decode(unit).unit.base
        let weights = mirror.blobFile(base.weights).path
        guard try DurableFile.size(weights) != nil else {
            throw UnreadableBytes(
                reason:
                    "the mirror has no whole weights of version \(base.version), from which the unit begins: take those that "
                    + "caravan download --version \(base.version) makes as \(weights)")
        }
        replay = try UnitReplay(unit, base: WeightsFile(blob(base.weights)), threads: threads)
        archive = try UpdateArchive(blob(claim.update), maximumParameters: .max)
        manifest = archive.manifest
    }

    public var unit: WorkUnit { replay.unit }

    public enum Outcome: Equatable {
        /// Every number is what training gives.
        case same
        /// So far it is, ‖u − u′‖ / ‖u′‖, from what training gives here, where processors may round differently.
        case apart(by: Double, isAllowed: Bool)
        /// The loss of this step, counted from 0, is the first that differs: the weights parted before it.
        case parts(step: Int, claimed: Float, recomputed: Float)
        /// All losses agree, and this parameter of the update is the first that differs.
        case differs(parameter: Int, claimed: Float, recomputed: Float)
        /// The numbers agree, and what the host says of the training on the way does not.
        case otherTrace

        public var isRight: Bool {
            switch self {
            case .same, .apart(_, isAllowed: true): true
            case .apart, .parts, .differs, .otherTrace: false
            }
        }
    }

    /// - Parameter progress: called after each step.
    public func run(progress: (Int) -> Void) throws -> Outcome {
        if let tolerance {
            try replay.run(to: unit.training.steps, progress: progress)
            let recomputed = try UpdateArchive(replay.update(), maximumParameters: manifest.parameterCount)
            let distance = try archive.distance(from: recomputed)
            return .apart(by: distance, isAllowed: distance <= tolerance)
        }
        for step in 0..<unit.training.steps {
            try replay.run(to: step + 1)
            progress(step + 1)
            let (claimed, recomputed) = (manifest.losses.dropFirst(step).first ?? .nan, replay.losses[step])
            guard claimed == recomputed else { return .parts(step: step, claimed: claimed, recomputed: recomputed) }
        }
        let update = try replay.update()
        let expected = try UpdateArchive(update, maximumParameters: .max)
        guard archive.chunkCount == expected.chunkCount else { return .otherTrace }
        for chunk in 0..<archive.chunkCount
        where try archive.payload(ofChunk: chunk) != expected.payload(ofChunk: chunk) {
            let (claimed, recomputed) = (try archive.values(ofChunk: chunk), try expected.values(ofChunk: chunk))
            guard let place = claimed.indices.first(where: { claimed[$0] != recomputed[$0] }) else { continue }
            return .differs(
                parameter: archive.range(ofChunk: chunk).lowerBound + place, claimed: claimed[place],
                recomputed: recomputed[place])
        }
        return try archive.content() == expected.content() ? .same : .otherTrace
    }
}
