import TestSupport
import Testing
import WorkUnits

@Suite struct SigningTests {
    private let body = LedgerHead(project: SigningKey.example(1).verifyingKey, count: 3, digest: .zero, root: .zero)
    private let key = SigningKey.example(1)

    @Test func `a key is Ed25519 as RFC 8032 specifies it`() throws {
        let seed = try #require(
            [UInt8](hexadecimal: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
        let key = try #require(SigningKey(seed: seed))
        let name = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        #expect(key.verifyingKey.description == name)
        #expect(VerifyingKey(name) == key.verifyingKey)
        #expect(key.seed == seed)
        #expect(SigningKey(seed: [1, 2, 3]) == nil)
        #expect(VerifyingKey(bytes: [1, 2, 3]) == nil)
    }

    @Test func `a signature holds for its key, its content and its context alone`() {
        let signature = key.sign([1, 2, 3], context: "a")
        #expect(key.verifyingKey.isValid(signature, for: [1, 2, 3], context: "a"))
        #expect(!key.verifyingKey.isValid(signature, for: [1, 2, 4], context: "a"))
        #expect(!key.verifyingKey.isValid(signature, for: [1, 2, 3], context: "b"))
        #expect(!SigningKey.example(2).verifyingKey.isValid(signature, for: [1, 2, 3], context: "a"))
        // The zero byte between context and content keeps their border where it is.
        let shifted = key.sign(Array("bc".utf8), context: "a")
        #expect(!key.verifyingKey.isValid(shifted, for: Array("c".utf8), context: "ab"))
    }

    @Test func `new keys differ`() {
        #expect(SigningKey().seed != SigningKey().seed)
    }

    @Test func `a signed document gives back its body`() throws {
        let signed = try Signed(body, by: key, context: LedgerHead.signingContext)
        #expect(try signed.verified(by: key.verifyingKey, context: LedgerHead.signingContext) == body)
        #expect(try signed.unverified() == body)
        #expect(try signed.digest == Digest(of: CanonicalJSON.encode(body)))
        let sent = try CanonicalJSON.encode(signed)
        #expect(try CanonicalJSON.decode(Signed<LedgerHead>.self, from: sent) == signed)
    }

    @Test func `a wrong key, a wrong context and a changed document are refused`() throws {
        let signed = try Signed(body, by: key, context: LedgerHead.signingContext)
        let stranger = SigningKey.example(2).verifyingKey
        #expect(throws: UntrustedDocument.wrongSignature(type: "LedgerHead", key: stranger)) {
            try signed.verified(by: stranger, context: LedgerHead.signingContext)
        }
        #expect(throws: UntrustedDocument.self) {
            try signed.verified(by: key.verifyingKey, context: Submission.signingContext)
        }
        var changed = signed
        changed.document = signed.document.replacing(#""count":3"#, with: #""count":4"#)
        #expect(changed != signed)
        #expect(throws: UntrustedDocument.self) {
            try changed.verified(by: key.verifyingKey, context: LedgerHead.signingContext)
        }
    }

    @Test(arguments: [#"{"count":3}"#, #"{"count":3,"count":3}"#, " ", "{}"])
    func `a document that is not canonical is refused even with a valid signature`(document: String) throws {
        var signed = try Signed(body, by: key, context: LedgerHead.signingContext)
        for text in [document, signed.document + " ", signed.document.replacing("}", with: #","x":1}"#)] {
            signed.document = text
            signed.signature = key.sign(Array(text.utf8), context: LedgerHead.signingContext)
            let error = #expect(throws: UntrustedDocument.self) {
                try signed.verified(by: key.verifyingKey, context: LedgerHead.signingContext)
            }
            guard case .malformed = error else {
                Issue.record("\(text) was refused for its signature")
                return
            }
        }
    }

    @Test(arguments: ["", "00", String(repeating: "0", count: 126), String(repeating: "Z", count: 128)])
    func `only 128 hexadecimal digits are a signature`(text: String) {
        #expect(Signature(text) == nil)
    }

    @Test(arguments: [String(repeating: "0", count: 62), "key", ""])
    func `only 64 hexadecimal digits are a key`(text: String) {
        #expect(VerifyingKey(text) == nil)
        #expect(throws: MalformedDocument.self) {
            try CanonicalJSON.decode([VerifyingKey].self, from: CanonicalJSON.encode([text]))
        }
    }
}
