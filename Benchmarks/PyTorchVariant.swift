/// A way to run PyTorch.
enum PyTorchVariant: String, CaseIterable {
    case eager, compiled
    /// Keeps the memory that is freed, on huge pages where the system gives them.
    case tunedEager = "tuned eager"
    case tunedCompiled = "tuned compiled"

    /// As PyTorch is installed.
    static let asInstalled: [PyTorchVariant] = [.eager, .compiled]
    static let tuned: [PyTorchVariant] = [.tunedEager, .tunedCompiled]

    var isCompiled: Bool { self == .compiled || self == .tunedCompiled }

    func run(_ shape: Shape, threads: Int, seconds: Double, python: String) -> Run {
        var environment = ["CUDA_VISIBLE_DEVICES": ""]
        if Self.tuned.contains(self) {
            environment.merge([
                "MALLOC_TOP_PAD_": "268435456", "MALLOC_TRIM_THRESHOLD_": "17179869184",
                "MALLOC_MMAP_THRESHOLD_": "17179869184", "THP_MEM_ALLOC_ENABLE": "1",
            ]) { $1 }
        }
        return Run(
            program: python,
            arguments: [
                "Benchmarks/peers/pytorch_train.py", "--shape", shape.rawValue, "--threads", "\(threads)", "--seconds",
                "\(seconds)",
            ] + (isCompiled ? ["--compile"] : []),
            environment: environment)
    }
}
