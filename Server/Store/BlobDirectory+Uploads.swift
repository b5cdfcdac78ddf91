import Coordination
import Foundation
import Synchronization
import WorkUnits

// An upload is two files: `uploads/<ticket>.json` says what was announced, `uploads/<ticket>.part` holds the bytes that
// arrived. The part's length is the offset: nothing is told before it is synced. When all have arrived and are the
// announced content, the part is renamed to `uploads/<ticket>.whole`; that one becomes the blob when it is kept, and the
// announcement stays until the upload is removed, so that the ticket still answers.

extension BlobDirectory {
    public func beginUpload(ticket: Digest, content: Digest, length: Int) throws -> UploadState {
        try withUploads { _ in
            let upload = Upload(content: content, length: length)
            if try announcement(ticket) != upload {
                try forget(ticket)
                try write(try CanonicalJSON.encode(upload), to: announcementPath(ticket))
            }
            return try state(of: upload, ticket)
        }
    }

    public func uploadState(ticket: Digest) throws -> UploadState? {
        try withUploads { _ in
            try announcement(ticket).map { try state(of: $0, ticket) }
        }
    }

    public func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState {
        try withUploads { _ in
            guard let upload = try announcement(ticket) else { throw UploadFailure.unknownTicket }
            let durable = try state(of: upload, ticket).offset
            guard offset == durable else { throw UploadFailure.wrongOffset(durable: durable) }
            guard bytes.count <= upload.length - offset else { throw UploadFailure.tooLong(announced: upload.length) }
            guard !bytes.isEmpty else { return try state(of: upload, ticket) }
            var part = try DurableFile(path: partPath(ticket), permissions: 0o600)
            do {
                try part.append(bytes)
                try part.sync()
            } catch {
                try? part.truncate(to: offset)
                throw error
            }
            return try state(of: upload, ticket)
        }
    }

    public func upload(ticket: Digest) throws -> (any RandomAccessBytes)? {
        try withUploads { _ -> (any RandomAccessBytes)? in
            guard let upload = try announcement(ticket) else { return nil }
            if try size(of: upload.content) == upload.length { return try open(upload.content) }
            return try DurableFile.size(wholePath(ticket)).map { _ in try FileBytes(path: wholePath(ticket)) }
        }
    }

    public func keepUpload(ticket: Digest) throws {
        try withUploads { _ in
            guard let upload = try announcement(ticket) else { throw UploadFailure.unknownTicket }
            guard try size(of: upload.content) != upload.length else { return }
            guard try DurableFile.size(wholePath(ticket)) != nil else { throw UploadFailure.unknownTicket }
            try store(fileAt: wholePath(ticket), as: upload.content)
        }
    }

    public func removeUpload(ticket: Digest) throws {
        try withUploads { _ in try forget(ticket) }
    }

    public func removeUploads(begunBefore time: Timestamp, except kept: Set<Digest>) throws {
        try withUploads { oldest in
            guard oldest < time else { return }
            var next = time
            for ticket in try tickets() {
                let begun = try modified(announcementPath(ticket))
                if begun < time && !kept.contains(ticket) { try forget(ticket) } else { next = min(next, begun) }
            }
            oldest = next
        }
    }

    /// Syncs what a stopped server had written, finishes what was whole, and forgets bytes that nobody announced.
    func recoverUploads() throws {
        try withUploads { _ in
            let announced = Set(try tickets())
            for name in try names(in: uploads) where !name.hasSuffix(".json") {
                let path = "\(uploads)/\(name)"
                guard let ticket = Digest(String(name.prefix { $0 != "." })), announced.contains(ticket) else {
                    try DurableFile.remove(path)
                    continue
                }
                try DurableFile.sync(path)
            }
            for ticket in announced {
                guard let upload = try announcement(ticket) else { continue }
                do {
                    _ = try state(of: upload, ticket)
                } catch UploadFailure.wrongDigest {
                    continue
                }
            }
        }
    }

    /// Where the upload stands; makes it whole when the last byte has arrived.
    private func state(of upload: Upload, _ ticket: Digest) throws -> UploadState {
        let whole = UploadState(ticket: ticket, offset: upload.length, length: upload.length)
        if try DurableFile.size(wholePath(ticket)) != nil { return whole }
        guard try size(of: upload.content) != upload.length else {
            try DurableFile.remove(partPath(ticket))
            return whole
        }
        let offset = try DurableFile.size(partPath(ticket)) ?? 0
        if offset >= upload.length {
            let received = try Digest(reading: FileBytes(path: partPath(ticket)))
            guard received == upload.content else {
                try forget(ticket)
                throw UploadFailure.wrongDigest(announced: upload.content, received: received)
            }
            try DurableFile.publish(partPath(ticket), as: wholePath(ticket))
        }
        return UploadState(ticket: ticket, offset: offset, length: upload.length)
    }

    private func announcement(_ ticket: Digest) throws -> Upload? {
        let path = announcementPath(ticket)
        guard try DurableFile.size(path) != nil else { return nil }
        let file = try FileBytes(path: path)
        do {
            return try CanonicalJSON.decode(Upload.self, from: file.read(min(file.count, 1 << 12), at: 0))
        } catch let error as MalformedDocument {
            throw StoreFailure.damaged(path: path, reason: error.reason)
        }
    }

    private func forget(_ ticket: Digest) throws {
        for path in [partPath(ticket), wholePath(ticket), announcementPath(ticket)] { try DurableFile.remove(path) }
    }

    private func tickets() throws -> [Digest] {
        try names(in: uploads).filter { $0.hasSuffix(".json") }.compactMap { Digest(String($0.dropLast(5))) }
    }

    private func modified(_ path: String) throws -> Timestamp {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileFailure("look at", path) }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    private var uploads: String { "\(folder.path)/uploads" }
    private func announcementPath(_ ticket: Digest) -> String { "\(uploads)/\(ticket).json" }
    private func partPath(_ ticket: Digest) -> String { "\(uploads)/\(ticket).part" }
    private func wholePath(_ ticket: Digest) -> String { "\(uploads)/\(ticket).whole" }
}

/// What a host announced.
private struct Upload: Codable, Equatable {
    var content: Digest
    var length: Int
}
