//! Passes that read side by side: of each object, what was asked for later stays, whoever publishes first.

use super::*;

/// A claim on a fresh operation that runs beside whatever else runs on its vCenter.
pub(super) async fn beside(store: &Store, vcenter: &VcenterId, id: &str) -> Claim {
    // What is equal would be one operation.
    for of in Kind::READ {
        let job = Job::refresh(of);
        let new = NewOperation { job, ..operation(id, vcenter, OperationKind::Refresh) };
        let submitted = store.submit(new).await.unwrap();
        if !submitted.coalesced {
            return store.claim(&submitted.id, Time(2_000)).await.unwrap().unwrap();
        }
    }
    panic!("every kind is being read")
}

/// Two passes on one vCenter that holds `host-1`, each with its claim and what it knew when it began.
struct Sides {
    dir: TempDir,
    store: Store,
    id: VcenterId,
    /// A reader that takes over what is new after each publish.
    window: Snapshot,
}

/// A pass that runs.
struct Side {
    claim: Claim,
    pass: Pass,
}

impl Sides {
    async fn new(hosts: &[(&str, &str)]) -> Sides {
        let (dir, store) = opened().await;
        let id = with_vcenter(&store, "Berlin").await;
        publish(&store, &id, "first", &whole(hosts, 1)).await;
        let loaded = store.load(&id).await.unwrap();
        let window = Snapshot::new(loaded.objects, loaded.coverage).at(loaded.revision, loaded.ages);
        Sides { dir, store, id, window }
    }

    async fn begin(&self, name: &str, pass: Pass) -> Side {
        let claim = beside(&self.store, &self.id, name).await;
        Side { claim, pass: Pass { base: revision(&self.store, &self.id).await, ..pass } }
    }

    async fn stage(&self, side: &Side) -> Staged {
        self.store.stage(&side.claim, &side.pass, &go_on).await.unwrap()
    }

    async fn publish(&mut self, side: &Side, staged: Staged) -> Published {
        let published =
            self.store.publish(&side.claim, staged, &side.pass, finish(100), &go_on).await.unwrap();
        let operation = self.store.operation(side.claim.operation.id.as_str()).await.unwrap();
        assert_eq!(operation.diff, published.diff, "what is told is what was changed");
        match self.store.since(&self.id, self.window.revision()).await.unwrap() {
            Since::Delta(delta) => self.window = self.window.after(*delta),
            other => panic!("every publish makes a next state: {other:?}"),
        }
        published
    }

    /// The hosts by name, which a window that takes over only what is new, and one that reads all of it, agree on.
    async fn hosts(&self) -> BTreeMap<String, String> {
        let loaded = self.store.load(&self.id).await.unwrap();
        assert_eq!(loaded.damaged, []);
        let all = Snapshot::new(loaded.objects.clone(), loaded.coverage.clone())
            .at(loaded.revision.clone(), loaded.ages.clone());
        assert_eq!(all.objects(Kind::Hosts), self.window.objects(Kind::Hosts));
        assert_eq!(all.objects(Kind::Snapshots), self.window.objects(Kind::Snapshots));
        assert_eq!((all.revision(), all.coverage()), (self.window.revision(), self.window.coverage()));
        for host in all.objects(Kind::Hosts) {
            assert_eq!(all.age(host), self.window.age(host));
            assert_eq!(self.window.get(Kind::Hosts, &host.moref), Some(host));
        }
        names(&loaded, Kind::Hosts)
    }
}

/// All hosts, listed and asked for at a time.
fn whole(hosts: &[(&str, &str)], at: i64) -> Pass {
    pass(hosts.iter().map(|(moref, name)| known(moref, name)).collect(), &[Kind::Hosts], at)
}

/// A host of which everything came.
fn known(moref: &str, name: &str) -> Arc<Object> {
    let mut host = (*object(Kind::Hosts, moref, name)).clone();
    host.missing = Box::default();
    Arc::new(host)
}

/// These hosts alone, asked for at a time; those without a name are gone.
fn single(hosts: &[(&str, Option<&str>)], at: i64) -> Pass {
    let mut asked = Asked::default();
    for (moref, _) in hosts {
        asked.object(Kind::Hosts, (*moref).into(), Time(at));
    }
    let there = hosts.iter().filter_map(|(moref, name)| Some(known(moref, (*name)?)));
    let gone = hosts.iter().filter(|(_, name)| name.is_none());
    Pass {
        gone: gone.map(|(moref, _)| (Kind::Hosts, (*moref).into())).collect(),
        asked,
        counted: vec![Kind::Hosts],
        ..pass(there.collect(), &[], at)
    }
}

fn map(hosts: &[(&str, &str)]) -> BTreeMap<String, String> {
    hosts.iter().map(|(moref, name)| ((*moref).to_owned(), (*name).to_owned())).collect()
}

/// Has a sync and a refresh read side by side, and the one or the other publish first, before and after the other one was
/// compared with what is stored. Answers with the hosts that are left and what the sync changed, which each time must be
/// the same.
async fn both_ways(
    before: &[(&str, &str)],
    sync: Pass,
    refresh: Pass,
) -> Vec<(BTreeMap<String, String>, Diff, Diff)> {
    let mut all = Vec::new();
    for way in 0..4 {
        let mut sides = Sides::new(before).await;
        let one = sides.begin("sync", sync.clone()).await;
        let other = sides.begin("refresh", refresh.clone()).await;
        let (sync, refresh) = match way {
            0 => {
                let staged = sides.stage(&other).await;
                let refresh = sides.publish(&other, staged).await;
                let staged = sides.stage(&one).await;
                (sides.publish(&one, staged).await, refresh)
            }
            1 => {
                let staged = sides.stage(&one).await;
                let of_other = sides.stage(&other).await;
                let refresh = sides.publish(&other, of_other).await;
                (sides.publish(&one, staged).await, refresh)
            }
            2 => {
                let staged = sides.stage(&one).await;
                let sync = sides.publish(&one, staged).await;
                let staged = sides.stage(&other).await;
                (sync, sides.publish(&other, staged).await)
            }
            _ => {
                let staged = sides.stage(&other).await;
                let of_one = sides.stage(&one).await;
                let sync = sides.publish(&one, of_one).await;
                (sync, sides.publish(&other, staged).await)
            }
        };
        all.push((sides.hosts().await, sync.diff, refresh.diff));
    }
    all
}

async fn hosts_after(before: &[(&str, &str)], sync: Pass, refresh: Pass) -> BTreeMap<String, String> {
    let ways = both_ways(before, sync, refresh).await;
    for (way, (hosts, ..)) in ways.iter().enumerate() {
        assert_eq!(*hosts, ways[0].0, "way {way} gives the same as the first one");
    }
    ways[0].0.clone()
}

const BEFORE: [(&str, &str); 2] = [("host-1", "a"), ("host-2", "b")];

#[tokio::test]
async fn a_change_that_was_asked_for_later_stays_and_an_older_one_does_not() {
    let sync = whole(&[("host-1", "of the sync"), ("host-2", "b")], 10);
    let refresh = |at| single(&[("host-1", Some("of the refresh"))], at);
    let later = hosts_after(&BEFORE, sync.clone(), refresh(11)).await;
    assert_eq!(later, map(&[("host-1", "of the refresh"), ("host-2", "b")]));
    let earlier = hosts_after(&BEFORE, sync, refresh(9)).await;
    assert_eq!(earlier, map(&[("host-1", "of the sync"), ("host-2", "b")]));
}

#[tokio::test]
async fn an_object_that_came_after_the_list_stays_and_one_that_went_before_it_goes() {
    let sync = whole(&BEFORE, 10);
    let refresh = |at| single(&[("host-3", Some("new"))], at);
    let later = hosts_after(&BEFORE, sync.clone(), refresh(11)).await;
    assert_eq!(later, map(&[("host-1", "a"), ("host-2", "b"), ("host-3", "new")]));
    assert_eq!(hosts_after(&BEFORE, sync, refresh(9)).await, map(&BEFORE));
}

#[tokio::test]
async fn an_object_that_was_deleted_later_is_not_brought_back_and_one_that_came_back_is() {
    let sync = whole(&[("host-1", "a"), ("host-2", "changed")], 10);
    let refresh = |at| single(&[("host-2", None)], at);
    assert_eq!(hosts_after(&BEFORE, sync.clone(), refresh(11)).await, map(&[("host-1", "a")]));
    let back = hosts_after(&BEFORE, sync, refresh(9)).await;
    assert_eq!(back, map(&[("host-1", "a"), ("host-2", "changed")]));
}

#[tokio::test]
async fn what_was_found_as_it_was_counts_as_much_as_what_was_found_changed() {
    let sync = whole(&BEFORE, 10);
    let refresh = |at| single(&[("host-1", Some("for a moment"))], at);
    assert_eq!(hosts_after(&BEFORE, sync.clone(), refresh(9)).await, map(&BEFORE));
    let later = hosts_after(&BEFORE, sync, refresh(11)).await;
    assert_eq!(later, map(&[("host-1", "for a moment"), ("host-2", "b")]));
}

#[tokio::test]
async fn each_operation_counts_what_it_really_changed() {
    let sync = whole(&[("host-1", "a"), ("host-2", "B"), ("host-4", "d")], 10);
    let refresh = single(&[("host-2", None), ("host-3", Some("new")), ("host-1", Some("A"))], 11);
    let diff = |added, changed, removed, unchanged| Diff { added, changed, removed, unchanged };
    let ways = both_ways(&BEFORE, sync, refresh).await;
    for (way, (hosts, sync, refresh)) in ways.into_iter().enumerate() {
        assert_eq!(hosts, map(&[("host-1", "A"), ("host-3", "new"), ("host-4", "d")]), "way {way}");
        match way {
            // The sync finds what the refresh left, and adds what only it has.
            0 | 1 => assert_eq!((sync, refresh), (diff(1, 0, 0, 1), diff(1, 1, 1, 0)), "way {way}"),
            _ => assert_eq!((sync, refresh), (diff(1, 1, 0, 1), diff(1, 1, 1, 0)), "way {way}"),
        }
    }
}

#[tokio::test]
async fn a_property_that_could_not_be_read_keeps_the_newest_value_that_somebody_read() {
    let slot = u16::try_from(columns::of(Kind::Hosts).slot("name").unwrap()).unwrap();
    let unread = |pass: &mut Pass, name: &str| {
        let mut host = (*known("host-1", name)).clone();
        host.missing = [(slot, Missing::Fault)].into();
        pass.objects[0] = Arc::new(host);
    };
    // The one that was asked for later has no name, and keeps the one that it knew.
    let (mut sync, refresh) = (whole(&BEFORE, 10), single(&[("host-1", Some("renamed"))], 9));
    unread(&mut sync, "a");
    let expected = map(&[("host-1", "renamed"), ("host-2", "b")]);
    assert_eq!(hosts_after(&BEFORE, sync, refresh).await, expected);
    let (sync, mut refresh) =
        (whole(&[("host-1", "renamed"), ("host-2", "b")], 9), single(&[("host-1", Some("a"))], 10));
    unread(&mut refresh, "a");
    assert_eq!(hosts_after(&BEFORE, sync, refresh).await, expected);
}

#[tokio::test]
async fn an_object_of_which_no_answer_came_is_left_as_others_read_it() {
    for (refresh, expected) in [
        (single(&[("host-1", Some("renamed"))], 5), map(&[("host-1", "renamed"), ("host-2", "b")])),
        (single(&[("host-1", None)], 5), map(&[("host-2", "b")])),
    ] {
        let mut sync = whole(&BEFORE, 10);
        let mut unread = (*known("host-1", "a")).clone();
        unread.missing = (0..unread.values.len() as u16).map(|slot| (slot, Missing::NoPermission)).collect();
        sync.objects[0] = Arc::new(unread);
        sync.asked = Asked::default();
        sync.asked.object(Kind::Hosts, "host-2".into(), Time(10));
        sync.asked.list(Kind::Hosts, Time(4));
        assert_eq!(hosts_after(&BEFORE, sync, refresh).await, expected);
    }
}

#[tokio::test]
async fn a_snapshot_is_as_old_as_what_its_vm_said_and_not_as_the_list_of_vms() {
    let snapshot = |moref: &str| {
        let mut snapshot = (*object(Kind::Snapshots, moref, "nightly")).clone();
        let vm = Ref { kind: Kind::Vms, moref: "vm-1".into() };
        snapshot.values[columns::of(Kind::Snapshots).slot("vm_ref").unwrap()] = Value::Ref(vm);
        Arc::new(snapshot)
    };
    let vm = object(Kind::Vms, "vm-1", "web");
    // Listed at 5, and the VM asked at 30; a refresh met a snapshot at 20, or at 40.
    for (at, stays) in [(20, false), (40, true)] {
        let mut sides = Sides::new(&[]).await;
        let mut sync = pass(vec![vm.clone()], &[Kind::Vms, Kind::Snapshots], 5);
        sync.asked.object(Kind::Vms, "vm-1".into(), Time(30));
        let sync = sides.begin("sync", sync).await;
        let refresh = sides.begin("refresh", pass(vec![vm.clone(), snapshot("snapshot-1")], &[], at)).await;
        let staged = sides.stage(&refresh).await;
        sides.publish(&refresh, staged).await;
        let staged = sides.stage(&sync).await;
        sides.publish(&sync, staged).await;
        sides.hosts().await;
        assert_eq!(sides.window.get(Kind::Snapshots, "snapshot-1").is_some(), stays, "asked at {at}");
    }
}

#[tokio::test]
async fn a_kind_is_as_old_as_the_pass_that_began_last_and_an_object_as_what_was_asked_last() {
    let mut sides = Sides::new(&BEFORE).await;
    let sync = sides.begin("sync", whole(&BEFORE, 10)).await;
    let refresh = sides.begin("refresh", whole(&BEFORE, 20)).await;
    for side in [&refresh, &sync] {
        let staged = sides.stage(side).await;
        sides.publish(side, staged).await;
    }
    sides.hosts().await;
    assert_eq!(sides.window.synced_at(Kind::Hosts), Some(Time(20)), "an older pass makes nothing older");

    let one = sides.begin("one", single(&[("host-1", Some("a"))], 30)).await;
    let staged = sides.stage(&one).await;
    sides.publish(&one, staged).await;
    let age = |sides: &Sides, moref: &str| {
        let host = sides.window.get(Kind::Hosts, moref).unwrap().clone();
        sides.window.age(&host)
    };
    assert_eq!(
        (age(&sides, "host-1"), age(&sides, "host-2")),
        (Some(Time(30)), Some(Time(20))),
        "the refresh was not alone"
    );
    let next = sides.begin("next", whole(&BEFORE, 40)).await;
    let staged = sides.stage(&next).await;
    sides.publish(&next, staged).await;
    assert_eq!(age(&sides, "host-1"), None, "its kind says it again");
    assert_eq!(number(sides.dir.path(), "SELECT COUNT(*) FROM asked").await, 0);
}

#[tokio::test]
async fn what_was_dated_by_a_clock_that_was_ahead_loses_to_whoever_read_after_it() {
    let mut sides = Sides::new(&BEFORE).await;
    let ahead =
        sides.begin("ahead", single(&[("host-1", Some("tomorrow")), ("host-2", None)], 1_000_000)).await;
    let beside = sides.begin("beside", whole(&BEFORE, 9)).await;
    let staged = sides.stage(&ahead).await;
    sides.publish(&ahead, staged).await;
    let next = sides.begin("next", whole(&[("host-1", "right"), ("host-2", "back")], 10)).await;
    let staged = sides.stage(&next).await;
    sides.publish(&next, staged).await;
    assert_eq!(sides.hosts().await, map(&[("host-1", "right"), ("host-2", "back")]));
    drop(beside);
}

/// When a pass does what, by the number of the moment.
#[derive(Clone, Debug)]
struct Course {
    begins: usize,
    /// When the hosts are listed; who lists nothing asks for those that it chose.
    lists: Option<usize>,
    asks: [usize; HOSTS],
    chosen: [bool; HOSTS],
    stages: usize,
    publishes: usize,
}

const HOSTS: usize = 3;
/// Begin, list, an ask for each host, stage, publish.
const STEPS: usize = HOSTS + 4;
const PASSES: usize = 2;

/// What a host is called at every moment; `None` while it isn't there.
type World = Vec<[Option<u8>; HOSTS]>;

impl Course {
    /// What a pass finds of a host, and when it asked for that.
    fn sees(&self, world: &World, host: usize) -> Option<(usize, Option<u8>)> {
        match self.lists {
            Some(list) if world[list][host].is_none() => Some((list, None)),
            None if !self.chosen[host] => None,
            _ => Some((self.asks[host], world[self.asks[host]][host])),
        }
    }

    fn pass(&self, world: &World) -> Pass {
        let millis = |moment: usize| moment as i64 + 10;
        let mut asked = Asked::default();
        let (mut objects, mut gone) = (Vec::new(), Vec::new());
        for host in 0..HOSTS {
            let moref = format!("host-{host}");
            let Some((moment, seen)) = self.sees(world, host) else { continue };
            if Some(moment) != self.lists {
                asked.object(Kind::Hosts, moref.as_str().into(), Time(millis(moment)));
            }
            match seen {
                Some(name) => objects.push(known(&moref, &name.to_string())),
                None if Some(moment) != self.lists => gone.push((Kind::Hosts, moref.into())),
                None => {}
            }
        }
        if let Some(list) = self.lists {
            asked.list(Kind::Hosts, Time(millis(list)));
        }
        let whole: &[Kind] = if self.lists.is_some() { &[Kind::Hosts] } else { &[] };
        Pass { gone, asked, counted: vec![Kind::Hosts], ..pass(objects, whole, millis(self.begins)) }
    }
}

mod any_interleaving {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn courses()(
            turns in Just((0..PASSES).flat_map(|pass| [pass; STEPS]).collect::<Vec<_>>()).prop_shuffle(),
            orders in prop::collection::vec(Just([0, 1, 2]).prop_shuffle(), PASSES),
            lists in prop::collection::vec(any::<bool>(), PASSES),
            chosen in prop::collection::vec(any::<[bool; HOSTS]>(), PASSES),
        ) -> Vec<Course> {
            (0..PASSES).map(|pass| {
                let moments: Vec<usize> = (0..turns.len()).filter(|moment| turns[*moment] == pass).collect();
                let mut asks = [0; HOSTS];
                for (n, host) in orders[pass].iter().enumerate() {
                    asks[*host] = moments[2 + n];
                }
                Course {
                    begins: moments[0],
                    lists: lists[pass].then_some(moments[1]),
                    asks,
                    chosen: chosen[pass],
                    stages: moments[STEPS - 2],
                    publishes: moments[STEPS - 1],
                }
            }).collect()
        }
    }

    fn worlds() -> impl Strategy<Value = World> {
        // At each moment perhaps one host is created, renamed or deleted.
        let step = prop::option::of((0..HOSTS, prop::option::of(0..9_u8)));
        prop::collection::vec(step, PASSES * STEPS).prop_map(|steps| {
            let mut now = [Some(100), Some(101), None];
            steps
                .into_iter()
                .map(|step| {
                    if let Some((host, name)) = step {
                        now[host] = name;
                    }
                    now
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn gives_for_each_object_what_was_asked_for_later(courses in courses(), world in worlds()) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let hosts = runtime.block_on(run(&courses, &world));
            for host in 0..HOSTS {
                let seen = courses.iter().filter_map(|course| course.sees(&world, host)).max();
                let expected = match seen {
                    Some((_, name)) => name.map(|name| name.to_string()),
                    None => ["a", "b"].get(host).map(|name| (*name).to_owned()),
                };
                let is = hosts.get(&format!("host-{host}")).cloned();
                prop_assert_eq!(is, expected, "host {} of {:?} in {:?}", host, courses, world);
            }
        }
    }

    async fn run(courses: &[Course], world: &World) -> BTreeMap<String, String> {
        let mut sides = Sides::new(&[("host-0", "a"), ("host-1", "b")]).await;
        let mut running: Vec<Option<Side>> = courses.iter().map(|_| None).collect();
        let mut staged: Vec<Option<Staged>> = courses.iter().map(|_| None).collect();
        for moment in 0..world.len() {
            for (n, course) in courses.iter().enumerate() {
                if course.begins == moment {
                    running[n] = Some(sides.begin(&format!("pass-{n}"), course.pass(world)).await);
                } else if course.stages == moment {
                    staged[n] = Some(sides.stage(running[n].as_ref().unwrap()).await);
                } else if course.publishes == moment {
                    let side = running[n].take().unwrap();
                    sides.publish(&side, staged[n].take().unwrap()).await;
                }
            }
        }
        sides.hosts().await
    }
}
