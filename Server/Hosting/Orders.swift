import Coordination
import Foundation
import WorkUnits

/// Where the project's people leave what they decided, signed with its key: the server looks there every second, and at its
/// start. So no command needs the server's address, and none is lost while it is down.
public struct Orders: Sendable {
    private let folder: URL

    public init(of project: ProjectFolder) {
        folder = project.url.appending(path: "orders")
    }

    public func leave(_ ban: Signed<AccountBan>) throws {
        try DurableFile.makeFolder(folder.path)
        try DurableFile.write(
            CanonicalJSON.encode(ban), to: folder.appending(path: "\(ban.digest).json").path, permissions: 0o600)
    }

    /// Has the coordinator do what it is told, and removes the orders that it did or never will do.
    ///
    /// - Parameter report: told of each.
    /// - Throws: when an order cannot be done now: it stays for the next time.
    public func deliver(to coordinator: Coordinator, report: (String) -> Void) async throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names.sorted() where name.hasSuffix(".json") {
            let file = folder.appending(path: name)
            do {
                let order = try CanonicalJSON.decode(Signed<AccountBan>.self, from: Array(try Data(contentsOf: file)))
                try await coordinator.ban(order)
                let ban = try order.unverified()
                report("account \(ban.volunteer) is \(ban.isBanned ? "banned" : "banned no more")")
            } catch let refusal as Refusal where refusal.code == .unavailable {
                throw refusal
            } catch {
                report("order \(name) cannot be done: \(error)")
            }
            try FileManager.default.removeItem(at: file)
        }
    }
}
