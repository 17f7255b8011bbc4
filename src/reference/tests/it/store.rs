//! What every store does: one suite, run against each of them.

use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;
use user_service::store::{
    Change, Cursor, EmbeddedStore, MemoryStore, NewUser, Page, START, StoreError, User, UserStore,
};

type Store = Arc<dyn UserStore>;

fn user(number: usize) -> NewUser {
    NewUser { name: format!("User {number}"), email: format!("{number}@example.com"), created_at: 7 }
}

fn named(name: &str) -> Change {
    Change { name: Some(name.to_owned()), email: None }
}

fn email(email: &str) -> Change {
    Change { name: None, email: Some(email.to_owned()) }
}

async fn add(store: &Store, numbers: std::ops::Range<usize>) -> Vec<User> {
    store.create(numbers.map(user).collect()).await.unwrap()
}

async fn everyone(store: &Store) -> Vec<User> {
    let (mut users, mut next) = (Vec::new(), Some(START));
    while let Some(after) = next {
        let page: Page = store.page(after, 0, 3).await.unwrap();
        users.extend(page.users);
        next = page.next;
    }
    users
}

fn not_found<T>(id: &str) -> Result<T, StoreError> {
    Err(StoreError::NotFound { id: id.to_owned() })
}

fn taken<T>(email: &str) -> Result<T, StoreError> {
    Err(StoreError::EmailTaken { email: email.to_owned() })
}

async fn users_are_created_read_changed_and_deleted(store: Store) {
    let ada = add(&store, 0..1).await.remove(0);
    assert_eq!(
        ada,
        User { id: ada.id.clone(), name: "User 0".into(), email: "0@example.com".into(), created_at: 7 }
    );
    assert_eq!(store.get(&ada.id).await, Ok(ada.clone()));
    assert_eq!(store.update(&ada.id, Change::default()).await, Ok(ada.clone()));
    let renamed = User { name: "Ada".into(), ..ada.clone() };
    assert_eq!(store.update(&ada.id, named("Ada")).await, Ok(renamed.clone()));
    let moved = User { email: "a@b".into(), ..renamed };
    assert_eq!(store.update(&ada.id, email("a@b")).await, Ok(moved.clone()));
    assert_eq!(everyone(&store).await, [moved]);
    assert_eq!(store.delete(&ada.id).await, Ok(()));
    assert_eq!(everyone(&store).await, []);
}

async fn an_unknown_id_is_not_found(store: Store) {
    let gone = add(&store, 0..1).await.remove(0).id;
    store.delete(&gone).await.unwrap();
    for id in [gone.as_str(), "", "nobody"] {
        assert_eq!(store.get(id).await, not_found(id));
        assert_eq!(store.update(id, named("x")).await, not_found(id));
        assert_eq!(store.delete(id).await, not_found(id));
    }
}

async fn an_email_has_one_user(store: Store) {
    let users = add(&store, 0..2).await;
    assert_eq!(store.create(vec![user(0)]).await, taken("0@example.com"));
    assert_eq!(store.update(&users[1].id, email("0@example.com")).await, taken("0@example.com"));
    assert_eq!(everyone(&store).await, users, "a refused write leaves no trace");
    // Free again after a change and after a deletion.
    store.update(&users[0].id, email("new@example.com")).await.unwrap();
    store.create(vec![user(0)]).await.unwrap();
    store.delete(&users[1].id).await.unwrap();
    store.create(vec![user(1)]).await.unwrap();
}

async fn many_are_created_together_or_not_at_all(store: Store) {
    assert_eq!(store.create(vec![]).await, Ok(vec![]));
    let there = add(&store, 0..1).await;
    assert_eq!(store.create(vec![user(1), user(2), user(0)]).await, taken("0@example.com"));
    assert_eq!(store.create(vec![user(1), user(2), user(1)]).await, taken("1@example.com"));
    assert_eq!(everyone(&store).await, there);
    let more = add(&store, 1..4).await;
    assert_eq!(everyone(&store).await, [there, more].concat());
}

async fn pages_follow_the_order_of_creation(store: Store) {
    let users = add(&store, 0..7).await;
    store.delete(&users[6].id).await.unwrap();
    for (skip, limit) in [(0, 3), (2, 2), (0, 6), (5, 5), (6, 1), (usize::MAX, usize::MAX), (0, 0)] {
        let page = store.page(START, skip, limit).await.unwrap();
        let (from, to) = (skip.min(6), skip.saturating_add(limit).min(6));
        assert_eq!(page.users, users[from..to], "{skip} {limit}");
    }
    // A cursor holds while users come and go around it.
    let first = store.page(START, 0, 2).await.unwrap();
    store.delete(&users[1].id).await.unwrap();
    store.delete(&users[2].id).await.unwrap();
    let late = add(&store, 7..8).await;
    let rest = store.page(first.next.unwrap(), 0, 100).await.unwrap();
    assert_eq!((rest.users, rest.next), ([&users[3..6], &late].concat(), None));
}

async fn a_page_of_huge_users_is_short(store: Store) {
    let huge = |number| NewUser { name: "x".repeat(400_000), ..user(number) };
    store.create((0..8).map(huge).collect()).await.unwrap();
    let page = store.page(START, 0, 8).await.unwrap();
    assert_eq!((page.users.len(), page.next.is_some()), (3, true));
    assert_eq!(everyone(&store).await.len(), 8);
}

async fn writers_at_once_all_count(store: Store) {
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..200 {
        let store = Arc::clone(&store);
        // Each email twice: one of the two is refused.
        writers.spawn(async move { store.create(vec![user(number / 2)]).await.is_ok() });
    }
    let outcomes = writers.join_all().await;
    assert_eq!(outcomes.iter().filter(|created| **created).count(), 100);
    let mut ids: Vec<_> = everyone(&store).await.into_iter().map(|user| user.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100);
}

macro_rules! suite {
    ($($law:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $law() {
                super::$law(std::sync::Arc::new(super::MemoryStore::default())).await;
            })+
        }
        mod embedded {
            $(#[tokio::test]
            async fn $law() {
                let folder = super::TempDir::new().unwrap();
                super::$law(super::embedded(&folder)).await;
            })+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test]
            async fn $law() {
                let Some(url) = crate::postgres::database().await else { return };
                super::$law(std::sync::Arc::new(crate::postgres::open(&url).await)).await;
            })+
        }
    };
}

suite![
    users_are_created_read_changed_and_deleted,
    an_unknown_id_is_not_found,
    an_email_has_one_user,
    many_are_created_together_or_not_at_all,
    pages_follow_the_order_of_creation,
    a_page_of_huge_users_is_short,
    writers_at_once_all_count,
];

fn embedded(folder: &TempDir) -> Store {
    Arc::new(EmbeddedStore::open(&folder.path().join("users.redb")).unwrap())
}

#[tokio::test]
async fn a_file_remembers_its_users_and_gives_no_place_twice() {
    let folder = TempDir::new().unwrap();
    let store = embedded(&folder);
    let users = add(&store, 0..3).await;
    let cursor: Option<Cursor> = store.page(START, 0, 2).await.unwrap().next;
    store.delete(&users[2].id).await.unwrap();
    drop(store);
    let store = embedded(&folder);
    assert_eq!(everyone(&store).await, users[..2]);
    let more = add(&store, 2..4).await;
    assert_eq!(store.page(cursor.unwrap(), 0, 9).await.unwrap().users, more);
}

/// A write, on users and emails by number.
#[derive(Debug, Clone)]
enum Op {
    Create(Vec<usize>),
    Update(usize, Option<usize>),
    Delete(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        prop::collection::vec(0..6_usize, 0..3).prop_map(Op::Create),
        (0..6_usize, prop::option::of(0..6_usize)).prop_map(|(at, email)| Op::Update(at, email)),
        (0..6_usize).prop_map(Op::Delete),
    ]
}

/// What `op` does to `store`, without the ids, which differ from store to store.
async fn outcome(store: &Store, op: &Op) -> String {
    let users = everyone(store).await;
    let id = |at: &usize| users.get(*at).map_or_else(|| "nobody".to_owned(), |user| user.id.clone());
    let done = match op {
        Op::Create(numbers) => store.create(numbers.iter().copied().map(user).collect()).await.err(),
        Op::Update(at, to) => {
            let change = Change { name: Some("new".into()), email: to.map(|to| user(to).email) };
            store.update(&id(at), change).await.err()
        }
        Op::Delete(at) => store.delete(&id(at)).await.err(),
    };
    let there: Vec<_> = everyone(store).await.into_iter().map(|user| (user.name, user.email)).collect();
    format!("{done:?} {there:?}")
}

/// A store in PostgreSQL that is empty, if there is one.
#[cfg(feature = "postgres")]
async fn third() -> Option<Store> {
    Some(Arc::new(crate::postgres::open(&crate::postgres::database().await?).await))
}

#[cfg(not(feature = "postgres"))]
async fn third() -> Option<Store> {
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn all_stores_do_the_same(ops in prop::collection::vec(op(), 1..12)) {
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (memory, embedded): (Store, Store) = (Arc::new(MemoryStore::default()), embedded(&folder));
            let others: Vec<Store> = [embedded].into_iter().chain(third().await).collect();
            for op in &ops {
                let expected = outcome(&memory, op).await;
                for other in &others {
                    prop_assert_eq!(&expected, &outcome(other, op).await, "{:?}", op);
                }
            }
            Ok(())
        })?;
    }
}
