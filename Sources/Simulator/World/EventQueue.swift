import WorkUnits

/// Things to happen, earliest first; those of the same time in the order they were added. A binary heap.
public struct EventQueue<Event> {
    private var heap: [(time: Timestamp, order: Int, event: Event)] = []
    private var added = 0

    public init() {}

    public var isEmpty: Bool { heap.isEmpty }

    public mutating func add(_ event: Event, at time: Timestamp) {
        heap.append((time, added, event))
        added += 1
        var place = heap.count - 1
        while place > 0, precedes(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    public mutating func next() -> (time: Timestamp, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2 where child < heap.count && precedes(child, least) {
                least = child
            }
            if least == place { break }
            heap.swapAt(place, least)
            place = least
        }
        return (first.time, first.event)
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
