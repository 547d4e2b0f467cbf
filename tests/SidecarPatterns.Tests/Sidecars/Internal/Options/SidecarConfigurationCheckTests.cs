extern alias Library;
using CsCheck;
using Microsoft.Extensions.Configuration;
using static Library::SidecarPatterns.NearestName;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class SidecarConfigurationCheckTests
{
    private const string Keys =
        "Capacity, CapacityInBytes, FullMode, Critical, SetExitCode, WaitForSignal, StartupTimeout, DrainTimeout, HandlerTimeout, ReplyTimeout, Concurrency, BatchSize, BatchDelay, BatchInterval, MaxAttempts, "
        + "RetryDelay, MaxRetryDelay, Pipeline, MaxAge, ScopePerMessage, MaxRate, Isolation, Priority, StuckAfter, RestartWhenStuck, MaxAbandoned, "
        + "DeadLetterCapacity, RestartPolicy, RestartDelay, MaxRestartDelay, MaxRestarts, HealthyAfter";

    [Test]
    public void FindUnknown_NoConfiguration_FindsNothing() =>
        Assert.That(SidecarConfigurationCheck.FindUnknown(configuration: null, ["audit"]), Is.Empty);

    [Test]
    public void FindUnknown_NoSection_FindsNothing() => Assert.That(FindUnknown(["audit"], "Logging:LogLevel:Default"), Is.Empty);

    [Test]
    public void FindUnknown_AllKnownKeysInAnyCase_FindsNothing()
    {
        var keys = SidecarOptionRules.Table.Keys;

        Assert.That(
            FindUnknown(
                ["audit", "Mailer"],
                [.. keys.Select(static key => $"Sidecars:AUDIT:{key.ToUpperInvariant()}"), .. keys.Select(static key => $"sidecars:mailer:{key}")]),
            Is.Empty);
    }

    [Test]
    public void FindUnknown_MistypedKey_NamesTheNearest() =>
        Assert.That(
            FindUnknown(["audit"], "Sidecars:audit:Capcity", "Sidecars:audit:Capacity", "Sidecars:audit:maxrestart"),
            Is.EquivalentTo([
                "Sidecars:audit:Capcity is not known; did you mean Capacity?",
                "Sidecars:audit:maxrestart is not known; did you mean MaxRestarts?",
            ]));

    [Test]
    public void FindUnknown_KeyLikeNone_ListsTheKnownKeys() =>
        Assert.That(FindUnknown(["audit"], "Sidecars:audit:Colour"), Is.EqualTo([$"Sidecars:audit:Colour is not known; known are {Keys}."]));

    [Test]
    public void FindUnknown_SectionBelowUnknownKey_IsReportedOnce() =>
        Assert.That(
            FindUnknown(["audit"], "Sidecars:audit:Capcity:Min", "Sidecars:audit:Capcity:Max"),
            Is.EqualTo(["Sidecars:audit:Capcity is not known; did you mean Capacity?"]));

    [Test]
    public void FindUnknown_KeyBelowKnownKey_IsReported() =>
        Assert.That(
            FindUnknown(["audit"], "Sidecars:audit:Capacity", "Sidecars:audit:Capacity:Maximum"),
            Is.EqualTo([$"Sidecars:audit:Capacity:Maximum is not known; known are {Keys}."]));

    [Test]
    public void FindUnknown_SectionOfNoSidecar_NamesTheNearest() =>
        Assert.That(
            FindUnknown(["audit", "mailer"], "Sidecars:Adit:Capacity", "Sidecars:maielr:Nonsense"),
            Is.EquivalentTo([
                "Sidecars:Adit names no sidecar; did you mean audit?",
                "Sidecars:maielr names no sidecar; did you mean mailer?",
            ]));

    [Test]
    public void FindUnknown_SectionLikeNone_ListsTheSidecars() =>
        Assert.That(
            FindUnknown(["audit", "mailer"], "Sidecars:heartbeat:Capacity"),
            Is.EqualTo(["Sidecars:heartbeat names no sidecar; registered are audit, mailer."]));

    [Test]
    public void FindUnknown_NoSidecarAtAll_SaysSo() =>
        Assert.That(FindUnknown([], "Sidecars:audit:Capacity"), Is.EqualTo(["Sidecars:audit names no sidecar; none is registered."]));

    [Test]
    public void FindUnknown_ManySidecars_ListsTheFirst()
    {
        string[] names = [.. Enumerable.Range(1, 1000).Select(static number => $"sidecar-{number}")];

        Assert.That(
            FindUnknown(names, "Sidecars:audit:Capacity"),
            Has.One.Items.And.One.EndsWith("sidecar-49, sidecar-50 and 950 more."));
    }

    [Test]
    public void FindUnknown_OptionDirectlyUnderSidecars_IsReported() =>
        Assert.That(
            FindUnknown(["audit"], "Sidecars:Capacity"),
            Is.EqualTo(["Sidecars:Capacity names no sidecar; registered are audit."]));

    [Test]
    public void FindUnknown_ValueInsteadOfSection_IsReported() =>
        Assert.That(
            FindUnknown(["audit"], "Sidecars:audit"),
            Is.EqualTo([$"Sidecars:audit is '1', which is not used; known keys below it are {Keys}."]));

    [Test]
    public void FindUnknown_AnyKeyOnceMistyped_NamesThatKeyOrOneAsNear() =>
        Gen.Select(Gen.OneOf([.. SidecarOptionRules.Table.Keys]), Mistake.Once)
            .Select(static (key, mistake) => (Key: key, Typed: mistake(key)))
            .Where(static pair => !SidecarOptionRules.Table.Keys.Contains(pair.Typed, StringComparer.OrdinalIgnoreCase))
            .Sample(static pair =>
                SidecarOptionRules.Table.Keys
                    .Where(key => Distance(pair.Typed, key) <= Distance(pair.Typed, pair.Key)) // MaxAge and MaxRate are neighbours.
                    .Select(key => $"Sidecars:audit:{pair.Typed} is not known; did you mean {key}?")
                    .Contains(FindUnknown(["audit"], $"Sidecars:audit:{pair.Typed}").Single()));

    private static IReadOnlyList<string> FindUnknown(string[] sidecars, params string[] keys) =>
        SidecarConfigurationCheck.FindUnknown(
            new ConfigurationBuilder().AddInMemoryCollection(keys.Select(static key => KeyValuePair.Create(key, (string?)"1"))).Build(),
            sidecars);
}
