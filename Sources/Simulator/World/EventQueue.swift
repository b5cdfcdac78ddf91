import WorkUnits

/// Things to happen, earliest first; those of the same time in the order they were added. A binary heap.
public struct EventQueue<Event> {
    private struct Entry {
        let time: Timestamp
        let order: Int
        /// Where its event is.
        let place: Int

        func precedes(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
    }

    private var heap: [Entry] = []
    /// Events stay where they are while the heap is put in order: they are large.
    private var events: [Event?] = []
    private var vacant: [Int] = []
    private var added = 0

    public init() {}

    public var isEmpty: Bool { heap.isEmpty }

    public mutating func add(_ event: Event, at time: Timestamp) {
        heap.append(Entry(time: time, order: added, place: put(event)))
        added += 1
        var place = heap.count - 1
        while place > 0, heap[place].precedes(heap[(place - 1) / 2]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    public mutating func next() -> (time: Timestamp, event: Event)? {
        guard let first = heap.first, let event = events[first.place].take() else { return nil }
        vacant.append(first.place)
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2 where child < heap.count && heap[child].precedes(heap[least]) {
                least = child
            }
            if least == place { break }
            heap.swapAt(place, least)
            place = least
        }
        return (first.time, event)
    }

    private mutating func put(_ event: Event) -> Int {
        guard let place = vacant.popLast() else {
            events.append(event)
            return events.count - 1
        }
        events[place] = event
        return place
    }
}
