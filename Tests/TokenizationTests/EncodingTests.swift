import Testing
import TestSupport
import Tokenization

@Test func `ids are those of the Hugging Face package`() throws {
    let tokenizer = try Golden.tokenizer()
    for example in try Golden.read().cases {
        #expect(tokenizer.encode(example.text) == example.ids, "\(example.text.debugDescription)")
    }
}

@Test func `learning from the same text gives the tokenizer that the Hugging Face package learns`() throws {
    let golden = try Golden.read()
    let tokenizer = try Tokenizer.train(on: [golden.text], vocabulary: 400)
    #expect(tokenizer == (try Golden.tokenizer()))
}

@Test(arguments: 0..<50 as Range<UInt64>)
func `any bytes come back, well-formed or not`(seed: UInt64) throws {
    let tokenizer = try Golden.tokenizer()
    var random = SplitMix64(seed: seed)
    let pieces: [[UInt8]] = [
        Array("the caravan ".utf8), Array("🐪é商 \t\n".utf8), [0xFF], [0xC3], [0xE2, 0x80], [0xED, 0xA0, 0x80], [0],
    ]
    let bytes = (0..<Int.random(in: 0...60, using: &random)).flatMap { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &random)]
    }
    let ids = tokenizer.encode(bytes: bytes)
    #expect(tokenizer.decode(ids) == bytes)
    #expect(ids.reduce(0) { $0 + tokenizer.byteCount(of: $1) } == bytes.count)
}

@Test func `the end of text is never made from text and stands for no bytes`() throws {
    let tokenizer = try Golden.tokenizer()
    let ids = tokenizer.encode(Tokenizer.endOfTextName)
    #expect(!ids.contains(tokenizer.endOfText))
    #expect(tokenizer.decode(ids) == Array(Tokenizer.endOfTextName.utf8))
    #expect(tokenizer.decode([tokenizer.endOfText]).isEmpty)
    #expect(tokenizer.byteCount(of: tokenizer.endOfText) == 0)
}

@Test func `ids outside the vocabulary stand for nothing`() throws {
    let tokenizer = try Golden.tokenizer()
    #expect(tokenizer.decode([UInt32(tokenizer.vocabulary), .max]).isEmpty)
    #expect(tokenizer.byteCount(of: .max) == 0)
}

@Test func `an encoder that remembers words gives the same ids`() throws {
    let tokenizer = try Golden.tokenizer()
    var encoder = TokenEncoder(tokenizer)
    for example in try Golden.read().cases {
        #expect(encoder.encode(example.text) == example.ids)
        #expect(encoder.encode(example.text) == example.ids)
    }
}

@Test func `a word of a hundred thousand letters is merged like a short one`() throws {
    let tokenizer = try Tokenizer.train(on: [String(repeating: "a", count: 8)], vocabulary: 260)
    let ids = tokenizer.encode(String(repeating: "a", count: 100_000))
    #expect(Set(ids).count == 1)
    #expect(ids.count == 100_000 / tokenizer.byteCount(of: ids[0]))
}

@Test func `an encoder that forgets words gives the same ids`() throws {
    let tokenizer = try Golden.tokenizer()
    var encoder = TokenEncoder(tokenizer)
    let words = (0..<70_000).map { "\($0) caravan" }
    for word in words { _ = encoder.encode(word) }
    for word in words.prefix(100) + words.suffix(100) { #expect(encoder.encode(word) == tokenizer.encode(word)) }
}
