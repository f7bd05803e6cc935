//! Places a number of runs in a week so that data is young when it is looked at.
//! Refuses to make more runs, or to break the shortest and longest time between two.

/// What a week is like, in equal steps.
pub(crate) struct Week {
    steps: usize,
    /// Looks before a step, over two weeks.
    looks: Vec<f64>,
    /// The same, each multiplied by when it is.
    moments: Vec<f64>,
    /// When a step is, on a clock that goes slower while nothing changes.
    clock: Vec<f64>,
    /// What a run costs that starts at a step.
    price: Vec<f64>,
}

/// How far two runs lie apart, in steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaps {
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
}

impl Week {
    /// Of the looks in each step, how fast data gets old in it, and what a run in it costs.
    pub(crate) fn new(looks: &[f64], aging: &[f64], price: Vec<f64>) -> Week {
        let steps = looks.len();
        let mut week = Week { steps, looks: vec![0.0], moments: vec![0.0], clock: vec![0.0], price };
        let (mut before, mut moment, mut clock) = (0.0, 0.0, 0.0);
        for step in 0..2 * steps {
            let (looks, aging) = (looks[step % steps], aging[step % steps]);
            before += looks;
            // In the middle of the step.
            moment += looks * (clock + aging / 2.0);
            clock += aging;
            week.looks.push(before);
            week.moments.push(moment);
            week.clock.push(clock);
        }
        week
    }

    /// The age of data at all looks between a run and the next one.
    fn age(&self, run: usize, next: usize) -> f64 {
        let run = run % self.steps;
        let next = if next % self.steps <= run { next % self.steps + self.steps } else { next % self.steps };
        let looks = self.looks[next] - self.looks[run];
        self.moments[next] - self.moments[run] - self.clock[run] * looks
    }

    /// The age of data at all looks of a week with these runs.
    pub(crate) fn ages(&self, runs: &[usize]) -> f64 {
        let nexts = runs.iter().cycle().skip(1);
        runs.iter().zip(nexts).map(|(run, next)| self.age(*run, *next)).sum()
    }

    /// The runs of a fixed interval.
    pub(crate) fn even(&self, count: usize) -> Vec<usize> {
        (0..count).map(|run| run * self.steps / count).collect()
    }

    /// What [`Week::ages`] is for a fixed interval, wherever it begins.
    pub(crate) fn even_ages(&self, count: usize) -> f64 {
        let runs = self.even(count);
        let begins = (self.steps / count).max(1);
        let shifted = |by: usize| runs.iter().map(|run| (run + by) % self.steps).collect::<Vec<usize>>();
        let total: f64 = (0..begins).map(|by| self.ages(&shifted(by))).sum();
        total / begins as f64
    }

    /// The same number of runs at better times: each is taken away and put where it is worth the most, until all are there.
    pub(crate) fn place(&self, count: usize, gaps: Gaps) -> Vec<usize> {
        let mut placed = Placed::new(self, &self.even(count), gaps);
        for _ in 0..ROUNDS {
            let runs = placed.runs();
            let moved = runs.into_iter().filter(|run| placed.move_run(*run)).count();
            if moved * FEW < count {
                break;
            }
        }
        placed.runs()
    }
}

// More rounds, and ones that move fewer than a hundredth of all runs, win nothing that can be measured.
const ROUNDS: usize = 12;
const FEW: usize = 100;

/// Where a run would be worth how much.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    worth: f64,
}

/// Runs while they are moved.
struct Placed<'a> {
    week: &'a Week,
    gaps: Gaps,
    /// For each run the one after it.
    next: Vec<Option<usize>>,
    previous: Vec<usize>,
    /// For each run the best place between it and the one after it.
    between: Vec<Option<Place>>,
    /// The best of each [`BLOCK`] of these: to look at all of them for each run would take a second.
    best: Vec<Option<Place>>,
}

const BLOCK: usize = 48;

impl<'a> Placed<'a> {
    fn new(week: &'a Week, runs: &[usize], gaps: Gaps) -> Placed<'a> {
        let steps = week.steps;
        let (next, previous, between) = (vec![None; steps], vec![0; steps], vec![None; steps]);
        let mut placed =
            Placed { week, gaps, next, previous, between, best: vec![None; steps.div_ceil(BLOCK)] };
        for (run, next) in runs.iter().zip(runs.iter().cycle().skip(1)) {
            placed.link(*run, *next);
        }
        runs.iter().for_each(|run| placed.look_between(*run));
        placed
    }

    fn runs(&self) -> Vec<usize> {
        (0..self.week.steps).filter(|step| self.next[*step].is_some()).collect()
    }

    fn link(&mut self, run: usize, next: usize) {
        self.next[run] = Some(next);
        self.previous[next] = run;
    }

    /// Finds the best place between a run, or what was one, and the next.
    fn look_between(&mut self, run: usize) {
        self.between[run] = self.next[run].and_then(|next| self.best_between(run, next));
        let block = run / BLOCK;
        let end = self.between.len().min((block + 1) * BLOCK);
        self.best[block] = best(self.between[block * BLOCK..end].iter().flatten());
    }

    /// How many steps from one to the next.
    fn gap(&self, run: usize, next: usize) -> usize {
        if next > run { next - run } else { next + self.week.steps - run }
    }

    fn best_between(&self, run: usize, next: usize) -> Option<Place> {
        let (Gaps { shortest, longest }, gap) = (self.gaps, self.gap(run, next));
        let first = shortest.max(gap.saturating_sub(longest)).max(1);
        let last = gap.checked_sub(shortest.max(1))?.min(longest);
        let places = (first..=last).map(|after| {
            let at = (run + after) % self.week.steps;
            Place { at, worth: self.worth(run, at, next) }
        });
        places.reduce(better)
    }

    /// How much younger data is at all looks with a run between two others.
    fn worth(&self, run: usize, at: usize, next: usize) -> f64 {
        let week = self.week;
        week.age(run, next) - week.age(run, at) - week.age(at, next) - week.price[at]
    }

    /// Whether there is a better place for a run than its own.
    fn move_run(&mut self, run: usize) -> bool {
        let (before, Some(after)) = (self.previous[run], self.next[run]) else { return false };
        if before == after {
            return false;
        }
        let own = Place { at: run, worth: self.worth(before, run, after) };
        self.next[run] = None;
        self.look_between(run);
        self.link(before, after);
        self.look_between(before);
        let is_needed = self.gap(before, after) > self.gaps.longest;
        let other = if is_needed { self.between[before] } else { best(self.best.iter().flatten()) };
        // Adding up in another order makes a difference that is none.
        let place = other.filter(|other| other.worth > own.worth + 1e-9).unwrap_or(own);
        self.insert(place.at);
        place.at != run
    }

    fn insert(&mut self, at: usize) {
        let holder = self.holder(at);
        let Some(next) = self.next[holder] else { return };
        self.link(holder, at);
        self.link(at, next);
        self.look_between(holder);
        self.look_between(at);
    }

    /// The last run before a step.
    fn holder(&self, at: usize) -> usize {
        let steps = self.week.steps;
        (1..=steps)
            .map(|back| (at + steps - back) % steps)
            .find(|step| self.next[*step].is_some())
            .unwrap_or(at)
    }
}

fn better(one: Place, other: Place) -> Place {
    if other.worth > one.worth { other } else { one }
}

fn best<'a>(places: impl Iterator<Item = &'a Place>) -> Option<Place> {
    places.copied().reduce(better)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn week(looks: &[f64]) -> Week {
        Week::new(looks, &vec![1.0; looks.len()], vec![0.0; looks.len()])
    }

    fn is_kept(runs: &[usize], steps: usize, gaps: Gaps) -> bool {
        let nexts = runs.iter().skip(1).copied().chain([runs[0] + steps]);
        runs.iter().zip(nexts).all(|(run, next)| (gaps.shortest..=gaps.longest).contains(&(next - run)))
    }

    /// The least age of any three runs.
    fn least(week: &Week, gaps: Gaps) -> f64 {
        let steps = week.steps;
        let all = (0..steps).flat_map(|one| {
            (one + 1..steps).flat_map(move |two| (two + 1..steps).map(move |three| [one, two, three]))
        });
        let kept = all.filter(|runs| is_kept(runs, steps, gaps));
        kept.map(|runs| week.ages(&runs)).fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn runs_keep_their_number_and_gaps_and_are_never_worse_than_even_ones(
            looks in vec(0.0..5.0f64, 24), shortest in 1..4usize, longest in 6..20usize,
        ) {
            let (week, gaps) = (week(&looks), Gaps { shortest, longest });
            let runs = week.place(5, gaps);
            prop_assert_eq!(runs.len(), 5);
            prop_assert!(is_kept(&runs, 24, gaps));
            prop_assert!(week.ages(&runs) <= week.ages(&week.even(5)) + 1e-6);
        }
    }

    #[test]
    fn moving_one_run_at_a_time_nearly_reaches_the_best_of_all_places() {
        let mut rng = fastrand::Rng::with_seed(1);
        let gaps = Gaps { shortest: 1, longest: 9 };
        let (mut reached, mut best) = (0.0, 0.0);
        for _ in 0..300 {
            let looks: Vec<f64> = (0..14).map(|_| rng.f64() * rng.f64()).collect();
            let week = week(&looks);
            reached += week.ages(&week.place(3, gaps));
            best += least(&week, gaps);
        }
        assert!(reached < 1.05 * best, "{reached} of {best}");
    }

    #[test]
    fn a_run_comes_right_before_the_looks() {
        let mut looks = [0.0; 24];
        looks[8..12].fill(1.0);
        let runs = week(&looks).place(4, Gaps { shortest: 1, longest: 22 });
        assert_eq!(runs, [8, 9, 10, 11]);
    }

    #[test]
    fn a_run_avoids_a_slow_server_unless_it_is_worth_it() {
        let mut looks = [0.1; 24];
        let aging = [1.0; 24];
        let mut price = vec![0.0; 24];
        price[..12].fill(10.0);
        let runs = |looks: &[f64]| {
            Week::new(looks, &aging, price.clone()).place(4, Gaps { shortest: 1, longest: 20 })
        };
        assert!(runs(&looks).iter().all(|run| *run >= 12));
        looks[6] = 20.0;
        assert!(runs(&looks).contains(&6));
    }
}
