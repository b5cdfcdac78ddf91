import LanguageModel

/// The tensors that a range of parameters touches, with the part of each that lies in the range.
struct TensorSegments {
    struct Segment {
        /// Index in `ParameterLayout.tensors`.
        var tensor: Int
        /// Counted from the range's first parameter.
        var range: Range<Int>
    }

    let segments: [Segment]

    /// - Parameter range: not empty, inside the layout.
    init(of range: Range<Int>, in layout: ParameterLayout) {
        var segments: [Segment] = []
        var tensor = layout.index(ofTensorAt: range.lowerBound)
        while tensor < layout.tensors.count, layout.tensors[tensor].range.lowerBound < range.upperBound {
            let shared = layout.tensors[tensor].range.clamped(to: range)
            segments.append(
                Segment(
                    tensor: tensor,
                    range: shared.lowerBound - range.lowerBound..<shared.upperBound - range.lowerBound))
            tensor += 1
        }
        self.segments = segments
    }
}

extension ParameterLayout {
    /// The place in `tensors` of the one that holds a parameter.
    fileprivate func index(ofTensorAt parameter: Int) -> Int {
        var (low, high) = (0, tensors.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if tensors[middle].range.lowerBound <= parameter { low = middle } else { high = middle }
        }
        return low
    }
}
