using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>
/// Files of settings as strangers write them: wrong types, numbers without end, keys in any case and with <c>:</c>, deep objects, keys that nobody knows. A
/// host starts, and warns of what nobody reads, or it does not, with an error for each value that says key, value and what is allowed.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostileSettingsTests
{
    private const string Canary = "c4n4ry";

    [Test]
    public async Task Start_AnySettings_StartsOrNamesEveryWrongValue()
    {
        var (started, refused) = (0, 0);
        await Hostile.ForEachAsync(400, async random =>
        {
            var settings = new GeneratedSettings(random, Canary);
            await using var host = Build(settings.Json);
            var failure = await host.StartAsync().FailureAsync();
            Assert.That(host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains(Canary));
            if (failure is null)
            {
                Assert.That(settings.Wrong, Is.Empty, settings.Json);
                foreach (var key in settings.Unknown)
                {
                    Assert.That(host.Logs.Entries.Select(static entry => entry.Message), Has.Some.StartsWith(key + " is not known; ").IgnoreCase, settings.Json);
                }

                await host.StopAsync();
                started++;
                return;
            }

            Assert.That(failure, Is.TypeOf<OptionsValidationException>(), settings.Json);
            var failures = ((OptionsValidationException)failure).Failures.ToList();
            Assert.That(failures, Has.None.Contains(Canary));
            Assert.That(failures, Has.All.Match("^(?is)(Sidecars:audit|Ambassadors:prices):[a-z:0-9]+ is .*; allowed is .+\\.$"), settings.Json);
            var half = failures[0].StartsWith("Sidecars:", StringComparison.OrdinalIgnoreCase) ? "Sidecars:" : "Ambassadors:"; // Those of sidecars are told of first.
            var wrong = settings.Wrong.Where(key => key.StartsWith(half, StringComparison.Ordinal)).ToList();
            foreach (var key in wrong.Where(key => !settings.WrongLists.Contains(key) || failures.TrueForAll(failure => settings.WrongLists.Any(failure.StartsWith))))
            {
                Assert.That(failures, Has.Some.StartsWith(key + " is ").IgnoreCase, settings.Json);
            }

            Assert.That(!settings.IsCertain || failures.TrueForAll(failure => wrong.Exists(key => failure.StartsWith(key, StringComparison.OrdinalIgnoreCase))), settings.Json);
            refused++;
        });

        Assert.That((int[])[started, refused], Has.All.GreaterThan(40), "or nothing was shown");
    }

    // What was in force stays in force as a whole, however many values of the next file are in order.
    [Test]
    public async Task Reload_AnySettings_AreInForceAsAWholeOrNotAtAll()
    {
        var configuration = new ReloadableConfiguration();
        await using var host = configuration.BuildHost(Register);
        await host.StartAsync();
        IReadOnlyList<(string Key, string? Value)> last = [];
        var (taken, kept) = (0, 0);
        Hostile.ForEach(400, random =>
        {
            var settings = new GeneratedSettings(random, Canary);
            var (before, errors) = (InForce(host), Errors(host));
            var next = Pairs(settings.Json);
            configuration.Change([.. last.Select(static pair => (pair.Key, (string?)null)), .. next]);
            last = next;

            var isRefused = host.Snapshot(GeneratedSettings.Sidecar).OptionsError is not null;
            Assert.That(isRefused || !settings.Wrong.Any(static key => key.StartsWith("Sidecars:", StringComparison.Ordinal)), settings.Json);
            Assert.That(host.Snapshot(GeneratedSettings.Sidecar).OptionsError, Is.Null.Or.Contains("; allowed is "));
            if (isRefused)
            {
                Assert.That(InForce(host).Sidecar, Is.EqualTo(before.Sidecar), settings.Json);
            }

            if (settings.Wrong.Any(static key => key.StartsWith("Ambassadors:", StringComparison.Ordinal)))
            {
                Assert.That(InForce(host).Ambassador, Is.EqualTo(before.Ambassador), settings.Json);
            }

            Assert.That(Errors(host).Skip(errors.Count), Has.None.Contains(Canary).And.All.Contains("; allowed is "));
            (taken, kept) = InForce(host) == before ? (taken, kept + 1) : (taken + 1, kept);
        });

        await host.StopAsync();
        Assert.That((int[])[taken, kept], Has.All.GreaterThan(40), "or nothing was shown");
    }

    private static (string Sidecar, string Ambassador) InForce(TestHost host)
    {
        var sidecar = host.Services.GetRequiredService<SidecarCatalog>().Find(GeneratedSettings.Sidecar).Options;
        var ambassador = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(GeneratedSettings.Ambassador).Settings.Options;
        return (
            string.Join('\n', SidecarOptionRules.Table.Rules.Select(rule => rule.Show(sidecar))),
            string.Join('\n', AmbassadorOptionRules.Table.Rules.Select(rule => (rule.Digest ?? rule.Show)(ambassador))));
    }

    private static List<string> Errors(TestHost host) =>
        [.. host.Logs.Entries.Where(static entry => entry.Event.Name is "OptionsRefused" or "AmbassadorOptionsRefused").Select(static entry => $"{entry.Message} {entry.Exception}")];

    private static void Register(IServiceCollection services)
    {
        services.AddSidecar<string>(GeneratedSettings.Sidecar, static (_, _, _) => ValueTask.CompletedTask);
        services.AddAmbassadorClient(GeneratedSettings.Ambassador);
    }

    private static TestHost Build(string json) => TestHost.BuildWith(builder =>
    {
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        Register(builder.Services);
    });

    private static List<(string Key, string? Value)> Pairs(string json) =>
    [
        .. new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().AsEnumerable()
            .Where(static pair => pair.Value is not null).Select(static pair => (pair.Key, pair.Value)),
    ];
}
