import Cleaning
import Foundation
import Testing

struct CleaningStepCodingTests {
    @Test func `steps are written as a recipe writes them`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let steps: [CleaningStep] = [
            .nfc, .length(minimum: 5, maximum: .max),
            .repeatedLines(maximumShare: 0.5, maximumByteShare: 0.25),
            .repeatedNGrams(length: 5, maximumShare: 0.125),
        ]
        #expect(
            String(decoding: try encoder.encode(steps), as: UTF8.self) == """
                ["nfc",{"length":{"minimum":5}},{"repeatedLines":{"maximumByteShare":0.25,"maximumShare":0.5}},\
                {"repeatedNGrams":{"length":5,"maximumShare":0.125}}]
                """)
        for list in [steps, CleaningStep.standard, CleaningStep.webPages] {
            #expect(try JSONDecoder().decode([CleaningStep].self, from: encoder.encode(list)) == list)
        }
        #expect(
            try JSONDecoder().decode(CleaningStep.self, from: Data(#"{"length":{"maximum":9}}"#.utf8))
                == .length(minimum: 0, maximum: 9))
    }

    @Test(arguments: [
        (#""nfd""#, CleaningFailure.unknownStep("nfd")), (#""length""#, .parameters(step: "length")),
        (#"{"nfc":{}}"#, .parameters(step: "nfc")), (#"{"length":5}"#, .parameters(step: "length")),
        (#"{"length":{"minimum":"x"}}"#, .parameters(step: "length")),
        (#"{"repeatedLines":{"maximumShare":0.1}}"#, .parameters(step: "repeatedLines")),
        (#"{"nfc":{},"length":{}}"#, .unknownStep("length + nfc")), (#"{}"#, .unknownStep("")),
        (#"{"length":{"minimum":5,"maximum":4}}"#, .lengths(minimum: 5, maximum: 4)),
        (#"{"length":{"minimum":-1}}"#, .lengths(minimum: -1, maximum: .max)),
        (#"{"frequentNGram":{"length":0,"maximumShare":0.1}}"#, .nGramLength(step: "frequentNGram", 0)),
        (
            #"{"repeatedNGrams":{"length":65,"maximumShare":0.1}}"#,
            .nGramLength(step: "repeatedNGrams", 65)
        ),
        (#"{"repeatedNGrams":{"length":5,"maximumShare":1.5}}"#, .share(step: "repeatedNGrams", 1.5)),
    ])
    func `a step that cannot be is refused`(json: String, failure: CleaningFailure) {
        #expect(throws: failure) { try JSONDecoder().decode(CleaningStep.self, from: Data(json.utf8)) }
        #expect(!failure.description.isEmpty)
    }

    @Test func `a cleaner refuses impossible limits`() {
        #expect(throws: CleaningFailure.share(step: "repeatedParagraphs", .infinity)) {
            try Cleaner([.nfc, .repeatedParagraphs(maximumShare: 0.5, maximumByteShare: .infinity)])
        }
    }
}
