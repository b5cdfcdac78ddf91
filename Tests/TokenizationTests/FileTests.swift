import Foundation
import Testing
import TestSupport
import Tokenization

private func loading(_ change: (inout [String: Any]) throws -> Void) throws -> Tokenizer {
    var object = try Golden.tokenizerObject()
    try change(&object)
    return try Tokenizer(json: Array(JSONSerialization.data(withJSONObject: object)))
}

private func loadingModel(_ change: (inout [String: Any]) throws -> Void) throws -> Tokenizer {
    try loading { object in
        var model = try #require(object["model"] as? [String: Any])
        try change(&model)
        object["model"] = model
    }
}

private func loadingVocabulary(_ change: (inout [String: Int]) -> Void) throws -> Tokenizer {
    try loadingModel { model in
        var vocab = try #require(model["vocab"] as? [String: Int])
        change(&vocab)
        model["vocab"] = vocab
    }
}

private func loadingMerges(_ change: (inout [Any]) -> Void) throws -> Tokenizer {
    try loadingModel { model in
        var merges = try #require(model["merges"] as? [Any])
        change(&merges)
        model["merges"] = merges
    }
}

@Test func `a tokenizer survives its file, and the file its tokenizer`() throws {
    let tokenizer = try Tokenizer.train(on: [Golden.read().text, "\u{0} and \u{7F}"], vocabulary: 380)
    let json = try tokenizer.json()
    let again = try Tokenizer(json: json)
    #expect(again == tokenizer)
    #expect(try again.json() == json)
}

@Test func `merges are read as texts and as pairs`() throws {
    #expect(try loadingMerges { $0 = $0.map { ($0 as? [String])?.joined(separator: " ") ?? $0 } } == Golden.tokenizer())
}

@Test func `a file that contradicts itself is refused with the reason`() throws {
    func expect(_ reason: String, _ load: () throws -> Tokenizer) {
        let failure = #expect(throws: TokenizerFailure.self) { try load() }
        #expect(
            failure?.description.contains(reason) == true, "\(failure?.description ?? "nothing") instead of \(reason)")
    }
    expect("outside") { try loadingVocabulary { $0["A"] = 400 } }
    expect("outside") { try loadingVocabulary { $0["A"] = -1 } }
    expect("two tokens") { try loadingVocabulary { $0["A"] = $0["B"] } }
    expect("outside") { try loadingVocabulary { $0["A"] = nil } }
    expect("no token stands for byte 65") { try loadingVocabulary { $0["AAAA"] = $0.removeValue(forKey: "A") } }
    expect("alphabet") { try loadingVocabulary { $0["駱駝"] = $0.removeValue(forKey: "Ġcaravan") } }
    expect("alphabet") { try loadingVocabulary { $0[""] = $0.removeValue(forKey: "Ġcaravan") } }
    expect("not in the vocabulary") { try loadingMerges { $0.append("A Q") } }
    expect("not in the vocabulary") { try loadingMerges { $0.append("Ġcaravan Unknown") } }
    expect("not in the vocabulary") { try loadingMerges { $0.append("<|endoftext|> A") } }
    expect("twice") { try loadingMerges { $0.append($0[3]) } }
    expect("merges") { try loadingMerges { $0.append("one") } }
    expect("merges") { try loadingMerges { $0.append(["a", "b", "c"]) } }
    expect("say which one does") { try loading { $0["added_tokens"] = [] as [Any] } }
    expect("'model' is missing") { try loading { $0["model"] = nil } }
    expect("not JSON") { try Tokenizer(json: Array("{".utf8)) }
    expect("not JSON") { try Tokenizer(json: []) }
}

@Test func `a file under which other ids would come out is refused`() throws {
    func expect(_ what: String, _ load: () throws -> Tokenizer) {
        #expect(throws: TokenizerFailure.unsupported(what)) { try load() }
    }
    expect("the normalizer NFC") { try loading { $0["normalizer"] = ["type": "NFC"] } }
    expect("the pre-tokenizer none") { try loading { $0["pre_tokenizer"] = nil } }
    expect("the pre-tokenizer Whitespace") { try loading { $0["pre_tokenizer"] = ["type": "Whitespace"] } }
    expect("a space added before the text") {
        try loading { $0["pre_tokenizer"] = ["type": "ByteLevel", "add_prefix_space": true] }
    }
    expect("the model Unigram") { try loadingModel { $0["type"] = "Unigram" } }
    expect("tokens for bytes beside those of the byte alphabet") { try loadingModel { $0["byte_fallback"] = true } }
    expect("dropout") { try loadingModel { $0["dropout"] = 0.5 } }
    expect("a suffix of words") { try loadingModel { $0["end_of_word_suffix"] = "</w>" } }
}

private func loadingPattern(_ change: (inout [String: Any]) throws -> Void) throws -> Tokenizer {
    var object = try GoldenPattern.read(.gpt4).object
    try change(&object)
    return try Tokenizer(json: Array(JSONSerialization.data(withJSONObject: object)))
}

private func split(_ pattern: String, behavior: String = "Isolated", dividingBytes: Bool = false) -> [String: Any] {
    [
        "type": "Sequence",
        "pretokenizers": [
            ["type": "Split", "pattern": ["Regex": pattern], "behavior": behavior, "invert": false],
            ["type": "ByteLevel", "add_prefix_space": false, "use_regex": dividingBytes],
        ],
    ]
}

@Test func `GPT-4's pattern is read and written as a sequence of pre-tokenizers`() throws {
    let tokenizer = try GoldenPattern.read(.gpt4).tokenizer
    let json = try tokenizer.json()
    #expect(try Tokenizer(json: json) == tokenizer)
    let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
    let written = try #require(object?["pre_tokenizer"] as? NSDictionary)
    #expect(try loadingPattern { $0["pre_tokenizer"] = written } == tokenizer)
    #expect(try loadingPattern { $0["pre_tokenizer"] = split(SplitPattern.gpt4.regularExpression) } == tokenizer)
    #expect(try loadingPattern { $0["pre_tokenizer"] = split(SplitPattern.gpt2.regularExpression) }.pattern == .gpt2)
}

@Test func `another pattern is refused by name`() throws {
    func expect(_ what: String, _ preTokenizer: [String: Any]) {
        #expect(throws: TokenizerFailure.unsupported(what)) {
            try loadingPattern { $0["pre_tokenizer"] = preTokenizer }
        }
    }
    expect("the split pattern '\\d'", split("\\d"))
    expect(
        "the split pattern '\(SplitPattern.gpt4.regularExpression)'",
        split(SplitPattern.gpt4.regularExpression, behavior: "Removed"))
    expect("two patterns, one after the other", split(SplitPattern.gpt4.regularExpression, dividingBytes: true))
    expect("words that are whole texts", ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false])
    expect("the pre-tokenizers Digits", ["type": "Sequence", "pretokenizers": [["type": "Digits"]]])
}

@Test func `a template of special tokens changes no ids of text, other post-processors are refused`() throws {
    let template = ["type": "TemplateProcessing"]
    let parts: [String: Any] = ["type": "Sequence", "processors": [["type": "ByteLevel"], template]]
    for processor in [template as [String: Any], parts] {
        #expect(try loading { $0["post_processor"] = processor } == Golden.tokenizer())
    }
    #expect(throws: TokenizerFailure.unsupported("the post-processor BertProcessing")) {
        try loading { $0["post_processor"] = ["type": "BertProcessing"] }
    }
}

@Test func `the end of text may have another name, and is asked for where it has none that is known`() throws {
    func loading(_ name: String, endOfText: String? = nil) throws -> Tokenizer {
        var object = try GoldenPattern.read(.gpt2).object
        object["added_tokens"] = [
            [
                "id": 330, "content": name, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false,
            ],
            [
                "id": 331, "content": "<|pad|>", "special": true, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false,
            ],
        ]
        return try Tokenizer(json: Array(JSONSerialization.data(withJSONObject: object)), endOfText: endOfText)
    }
    for name in Tokenizer.endOfTextNames { #expect(try loading(name).endOfText == 330) }
    #expect(try loading("<|eot|>", endOfText: "<|eot|>").endOfText == 330)
    #expect(try loading("</s>", endOfText: "<|pad|>").endOfText == 331)
    #expect(throws: TokenizerFailure.noEndOfText(names: Tokenizer.endOfTextNames, found: ["<|eot|>", "<|pad|>"])) {
        try loading("<|eot|>")
    }
    #expect(throws: TokenizerFailure.noEndOfText(names: ["x"], found: ["</s>", "<|pad|>"])) {
        try loading("</s>", endOfText: "x")
    }
    #expect(throws: TokenizerFailure.malformed("the added token '<|pad|>' or its id 331 stands there twice")) {
        try loading("<|pad|>")
    }
}

@Test func `an added token that text can contain is refused`() throws {
    #expect(throws: TokenizerFailure.unsupported("the added token '<|endoftext|>', which text can contain")) {
        try loading { object in
            var tokens = try #require(object["added_tokens"] as? [[String: Any]])
            tokens[0]["special"] = false
            object["added_tokens"] = tokens
        }
    }
}

@Test func `a file that keeps whole words does so even where no merges make them`() throws {
    let tokenizer = try loadingModel { model in
        model["ignore_merges"] = true
        model["merges"] = [] as [Any]
    }
    let ids = tokenizer.encode(" caravan caravans")
    #expect(ids.prefix(3).map { tokenizer.decode([$0]) } == [" caravan", " ", "c"].map { Array($0.utf8) })
    #expect(try Tokenizer(json: tokenizer.json()) == tokenizer)
    #expect(try loadingModel { $0["merges"] = [] as [Any] }.encode(" caravan").count == 8)
}

@Test func `a file that is too long is refused unread`() {
    let bytes = [UInt8](repeating: 0x20, count: Tokenizer.maximumFileBytes + 1)
    #expect(throws: TokenizerFailure.tooLarge(bytes: bytes.count, limit: Tokenizer.maximumFileBytes)) {
        try Tokenizer(json: bytes)
    }
}

private let goldenFile = Result { try Golden.tokenizer().json() }

@Test(arguments: 0..<300 as Range<UInt64>)
func `a damaged file is refused or gives a tokenizer that still keeps bytes`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let damaged = try goldenFile.get().mutated(using: &random)
    do {
        let tokenizer = try Tokenizer(json: damaged)
        let bytes = random.bytes(200)
        #expect(tokenizer.decode(tokenizer.encode(bytes: bytes)) == bytes)
    } catch is TokenizerFailure {}
}
