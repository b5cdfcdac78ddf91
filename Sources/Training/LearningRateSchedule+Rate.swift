import WorkUnits

extension LearningRateSchedule {
    /// The learning rate of a unit's step, the same bits on every platform.
    ///
    /// The schedule is indexed by the run's own step g = `firstStep` + `step`, both from 0. `firstStep` is the version that
    /// the unit begins from times a unit's steps, so the rate follows the run's height: units of one version see the same
    /// rates, whoever computes them and whenever.
    ///
    /// `peak · (g + 1) / warmupSteps` while g < warmupSteps, then
    /// `final + (peak - final) / 2 · (1 + cos πp)` with p = (g - warmupSteps) / (totalSteps - warmupSteps), at most 1.
    /// The unit's own first `restartSteps` steps multiply that by (step + 1) / restartSteps.
    public func rate(step: Int, firstStep: Int) -> Double {
        let restart = step < restartSteps ? Double(step + 1) / Double(restartSteps) : 1
        return restart * rate(globalStep: firstStep + step)
    }

    private func rate(globalStep: Int) -> Double {
        guard globalStep >= warmupSteps else { return peak * Double(globalStep + 1) / Double(warmupSteps) }
        guard globalStep < totalSteps else { return final }
        let progress = Double(globalStep - warmupSteps) / Double(totalSteps - warmupSteps)
        return final + (peak - final) / 2 * (1 + HalfTurns.cosine(progress))
    }
}
