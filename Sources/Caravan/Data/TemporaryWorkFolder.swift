import Foundation
import WorkUnits

/// A folder that is gone when the command ends.
struct TemporaryWorkFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "caravan-\(UUID().uuidString)").path
        try DurableFile.makeFolder(path)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
