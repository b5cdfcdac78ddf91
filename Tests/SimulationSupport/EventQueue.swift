import WorkUnits

/// Things to happen, earliest first; those of the same time in the order they were added. A binary heap.
struct EventQueue<Event> {
    private var heap: [(time: Timestamp, order: Int, event: Event)] = []
    private var added = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ event: Event, at time: Timestamp) {
        heap.append((time, added, event))
        added += 1
        var place = heap.count - 1
        while place > 0, precedes(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func next() -> (time: Timestamp, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while let child = (2 * place + 1...2 * place + 2).filter({ $0 < heap.count }).min(by: precedes),
            precedes(child, place)
        {
            heap.swapAt(place, child)
            place = child
        }
        return (first.time, first.event)
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
