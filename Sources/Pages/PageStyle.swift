/// How every page looks: the dashboard and the reports.
public enum PageStyle {
    /// Light and dark from one set of names; nothing is told by colour alone.
    public static let css: HTML = """
        :root { --ground: #faf8f4; --card: #ffffff; --ink: #1d2327; --quiet: #5d676f; --rule: #e4dfd6; --accent: #0b6e69; \
        --wash: #0b6e6914; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #14171a; --card: #1c2024; --ink: #e8eaec; --quiet: #9aa5ad; --rule: #2c3238; \
        --accent: #4fd1c5; --wash: #4fd1c51f; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem; background: var(--ground); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.02em; overflow-wrap: anywhere; }
        h2 { margin: 0 0 0.8rem; font-size: 1.1rem; }
        h2 .quiet { font-weight: 400; margin-left: 0.4rem; }
        p { margin: 0.4rem 0; }
        a { color: var(--accent); }
        code { font: 0.9em ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        .brand { color: var(--accent); font-weight: 650; letter-spacing: 0.08em; text-transform: uppercase;
          font-size: 0.8rem; }
        .summary { font-size: 1.1rem; max-width: 44rem; }
        .quiet { color: var(--quiet); font-size: 0.88rem; }
        .progress { display: block; margin: 1.2rem 0; font-weight: 600; }
        progress { display: block; width: 100%; height: 0.6rem; margin-top: 0.4rem; border: 0; border-radius: 1rem;
          overflow: hidden; background: var(--rule); accent-color: var(--accent); }
        progress::-webkit-progress-bar { background: var(--rule); }
        progress::-webkit-progress-value { background: var(--accent); border-radius: 1rem; }
        progress::-moz-progress-bar { background: var(--accent); }
        section, .tiles > div { background: var(--card); border: 1px solid var(--rule); border-radius: 0.8rem; }
        section { padding: 1.25rem 1.4rem; margin-top: 1rem; }
        .tiles { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.8rem; margin: 0; }
        .tiles > div { padding: 0.9rem 1rem; }
        dt { color: var(--quiet); font-size: 0.85rem; }
        dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
        dd.quiet { font-size: 0.8rem; font-weight: 400; }
        svg { display: block; width: 100%; height: auto; }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .line { fill: none; stroke: var(--accent); stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
        .area { fill: var(--wash); }
        .bar { fill: var(--accent); }
        .dot { fill: var(--card); stroke: var(--accent); stroke-width: 2; }
        .label { fill: var(--quiet); font-size: 12px; }
        .end { text-anchor: end; }
        .middle { text-anchor: middle; }
        .wrapped { white-space: pre-wrap; overflow-wrap: anywhere; text-align: left; }
        .scroll { overflow: auto; max-height: 32rem; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.45rem 0.6rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
        thead th { position: sticky; top: 0; background: var(--card); color: var(--quiet); font-size: 0.82rem; }
        tbody tr:last-child > * { border-bottom: 0; }
        pre { margin: 0 0 0.8rem; padding: 0.9rem 1rem; background: var(--ground); border: 1px solid var(--rule);
          border-radius: 0.5rem; overflow: auto; }
        @media (max-width: 36rem) {
          .tiles { grid-template-columns: repeat(2, 1fr); }
          .label { font-size: 19px; }
        }
        footer { margin-top: 1.5rem; color: var(--quiet); font-size: 0.9rem; }
        """
}
