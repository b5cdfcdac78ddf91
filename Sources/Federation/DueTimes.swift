import WorkUnits

/// When something is due for which assignment, soonest first: a binary heap.
///
/// What is due at another time by now stays until its turn comes; whoever takes it out compares.
struct DueTimes: Codable, Hashable, Sendable {
    struct Entry: Codable, Hashable, Sendable {
        let time: Timestamp
        let assignment: AssignmentID

        fileprivate func precedes(_ other: Entry) -> Bool {
            (time, assignment) < (other.time, other.assignment)
        }
    }

    private(set) var heap: [Entry] = []

    init(_ entries: [Entry] = []) {
        for entry in entries { add(entry.assignment, at: entry.time) }
    }

    var first: Entry? { heap.first }

    mutating func add(_ assignment: AssignmentID, at time: Timestamp) {
        heap.append(Entry(time: time, assignment: assignment))
        var place = heap.count - 1
        while place > 0, heap[place].precedes(heap[(place - 1) / 2]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].precedes(heap[least]) {
                least = child
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
