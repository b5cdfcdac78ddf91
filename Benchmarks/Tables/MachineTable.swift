/// What the machine can do at most.
struct MachineTable {
    let threads: [Int]

    var runs: [Run] { threads.map { .machine(threads: $0) } }

    func table(_ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "The machine",
            caption: "Peak of float32 multiply-adds in GFLOP/s; bandwidth in GB/s, read and written, as STREAM counts.",
            header: ["threads", "multiply-adds", "copy", "triad", "triad past the caches"])
        let keys = ["fmaGigaflops", "copyGigabytes", "triadGigabytes", "streamingTriadGigabytes"]
        for threads in threads {
            table.rows.append(["\(threads)"] + keys.map { measured[.machine(threads: threads), $0].cell })
        }
        return table
    }
}
