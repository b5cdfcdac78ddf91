extension Run {
    static func machine(threads: Int) -> Run {
        Run(arguments: ["machine", "--threads", "\(threads)"])
    }

    static func floor(_ shape: Shape, threads: Int, seconds: Double) -> Run {
        Run(arguments: ["floor", "--shape", shape.rawValue, "--threads", "\(threads)", "--seconds", "\(seconds)"])
    }

    static func train(_ shape: Shape, threads: Int, seconds: Double, _ options: [String] = []) -> Run {
        Run(
            arguments: ["train", "--shape", shape.rawValue, "--threads", "\(threads)", "--seconds", "\(seconds)"]
                + options)
    }

    /// Takes its turns by itself.
    static func contended(_ shape: Shape, threads: Int, _ turns: Turns) -> Run {
        Run(
            arguments: [
                "contended", "--shape", shape.rawValue, "--threads", "\(threads)", "--turns", "\(turns.turns)",
                "--seconds", "\(turns.seconds)", "--busy",
            ])
    }
}
