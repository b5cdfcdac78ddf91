import Coordination
import Datasets
import Foundation
import Recipes
import Tokenization
import WorkUnits

/// What a recipe becomes before the first volunteer comes: tokenizer, shards, version 0 and the signed description.
///
/// A pure function of the recipe's text, the data and the project's key; its parts are public blobs. Made once; later
/// starts read it back from the folder.
public struct HostedProject: Sendable {
    public var recipe: Recipe
    public var tokenizer: Tokenizer
    public var dataset: DatasetManifest
    public var description: Signed<ProjectDescription>
    public var genesis: Signed<CheckpointManifest>

    /// Opens the project in `folder`, or prepares it there from the recipe.
    ///
    /// - Parameter report: called with a line about each stage of the preparation.
    public static func open(
        _ folder: ProjectFolder, recipePath: String?, key: SigningKey, blobs: any BlobStore,
        report: @escaping (String) -> Void
    ) throws -> HostedProject {
        let given = try recipePath.map { try Recipe.text(ofFileAt: $0) }
        guard let stored = try stored(in: folder, blobs: blobs) else {
            guard let given, let recipePath else {
                throw HostingFailure("\(folder.url.path) holds no project yet: name the recipe to prepare one from")
            }
            let recipe = try Recipe.parse(given, path: recipePath)
            let project = try ProjectPreparation(
                recipe: recipe, path: recipePath, text: given, key: key, blobs: blobs,
                workFolder: folder.url.appending(path: "preparation").path, report: report
            ).run()
            try folder.write(Array(given.utf8), to: "recipe.yaml")
            try folder.write(CanonicalJSON.encode(project.genesis), to: "genesis.json")
            try folder.write(CanonicalJSON.encode(project.description), to: "project.json")
            return project
        }
        let description = try stored.description.verified(
            by: key.verifyingKey, context: ProjectDescription.signingContext)
        guard given == nil || given.map({ Digest(of: $0.utf8) }) == description.recipe else {
            throw HostingFailure(
                "\(folder.url.path) holds a run of another recipe, and a run keeps its recipe: use another --folder, or "
                    + "leave the recipe out to continue this run")
        }
        return stored
    }

    /// The project that an earlier start prepared, or nil. `project.json` is written last, so it stands for all.
    private static func stored(in folder: ProjectFolder, blobs: any BlobStore) throws -> HostedProject? {
        guard let descriptionBytes = try folder.read("project.json") else { return nil }
        guard let genesis = try folder.read("genesis.json"), let recipe = try folder.read("recipe.yaml") else {
            throw HostingFailure(
                "\(folder.url.path) is damaged: recipe.yaml or genesis.json is missing; restore a backup")
        }
        let signed = try CanonicalJSON.decode(Signed<ProjectDescription>.self, from: descriptionBytes)
        let description = try signed.unverified()
        return HostedProject(
            recipe: try Recipe.parse(
                String(decoding: recipe, as: UTF8.self), path: folder.url.appending(path: "recipe.yaml").path),
            tokenizer: try Tokenizer(json: blobs.content(of: description.tokenizer)),
            dataset: try DatasetManifest(blobs.content(of: description.dataset)),
            description: signed,
            genesis: try CanonicalJSON.decode(Signed<CheckpointManifest>.self, from: genesis))
    }
}

extension BlobStore {
    /// A whole blob that the project cannot do without.
    func content(of digest: Digest) throws -> [UInt8] {
        let blob = try required(digest)
        return try blob.read(blob.count, at: 0)
    }

    func required(_ digest: Digest) throws -> any RandomAccessBytes {
        guard let blob = try open(digest) else {
            throw HostingFailure(
                "blob \(digest) is missing from the project's folder: restore it from a backup or a mirror")
        }
        return blob
    }
}
