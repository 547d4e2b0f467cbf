using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>The log events of both assemblies: one id and one name each, and never the content of a message.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LogMethodsTests
{
    private static readonly (MethodInfo Method, LoggerMessageAttribute Event)[] Events =
    [
        .. new[] { typeof(ISidecar), typeof(AgentNames) }
            .SelectMany(static type => type.Assembly.GetTypes())
            .SelectMany(static type => type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(static method => (method, method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .Where(static row => row.Item2 is not null),
    ];

    [Test]
    public void Events_BothAssemblies_ThereAreSomeAndTheirIdsAreUnique()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Events, Is.Not.Empty);
            Assert.That(Events.Select(static row => row.Event.EventId), Is.Unique);
            Assert.That(Events.Select(static row => row.Event.EventId), Is.All.Positive);
        }
    }

    [Test]
    public void Events_BothAssemblies_AreNamedAsTheirMethods()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Events.Select(static row => row.Event.EventName), Is.Unique);
            foreach (var (method, attribute) in Events)
            {
                Assert.That(attribute.EventName, Is.EqualTo(method.Name));
                Assert.That(attribute.Message, Is.Not.Empty, method.Name);
            }
        }
    }

    [Test]
    public void Events_BothAssemblies_EachFeatureHasAHundredOfItsOwn() => Assert.That(
        Events.GroupBy(static row => row.Event.EventId / 100).Select(static group => group.Select(static row => row.Method.DeclaringType).Distinct().Count()),
        Is.All.EqualTo(1));

    // Numbers, durations, names, our own words for what happened, and exceptions: nothing of a type that the user's message could have.
    [Test]
    public void Events_BothAssemblies_TakeNoMessageOfTheUsers()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var (method, _) in Events)
            {
                Assert.That(method.IsGenericMethod, Is.False, method.Name);
                Assert.That(
                    method.GetParameters().Where(static parameter => !IsHarmless(parameter)).Select(static parameter => parameter.Name),
                    Is.Empty,
                    method.Name);
            }
        }
    }

    // They are not logged, but written to the log directly: a file that can not be written to is no matter for the application's loggers.
    [Test]
    public void Notices_OfTheLogAgent_HaveIdsAndNamesOfTheirOwn()
    {
        var notices = typeof(NoticeEntry).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(static method => (method.Name, Event: ((NoticeEntry)method.Invoke(null, [.. method.GetParameters().Select(SampleOf)])!).EventId))
            .ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(notices, Is.Not.Empty);
            Assert.That(notices.Select(static notice => notice.Event.Name), Is.EqualTo(notices.Select(static notice => notice.Name)));
            Assert.That(notices.Select(static notice => notice.Event.Id).Concat(Events.Select(static row => row.Event.EventId)), Is.Unique);
            Assert.That(notices.Select(static notice => notice.Event.Name).Concat(Events.Select(static row => row.Event.EventName)), Is.Unique);
        }

        static object? SampleOf(ParameterInfo parameter) =>
            parameter.ParameterType == typeof(string) ? "some"
            : parameter.ParameterType == typeof(Exception) ? new IOException()
            : Activator.CreateInstance(parameter.ParameterType);
    }

    [Test]
    public async Task Logs_MessagesOfEveryFate_ContainNothingOfTheirContent()
    {
        const string Secret = "do-not-log-me";
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSidecar(
                "audit",
                account.Counting<string>(static _ => throw new FormatException("The handler says only this.")),
                static options =>
                {
                    options.Capacity = 2;
                    options.FullMode = System.Threading.Channels.BoundedChannelFullMode.DropOldest;
                })
            .OnDropped(arguments =>
            {
                account.CountDropped(arguments);
                throw new FormatException("The callback says only this.");
            }));
        var writer = host.Writer<string>();
        for (var count = 0; count < 3; count++)
        {
            account.TryWrite(writer, Secret);
        }

        await host.StartAsync();
        await account.BalancesAsync(host.Control, "audit");
        await host.StopAsync();
        account.TryWrite(writer, Secret);

        account.AssertBalances(host.Control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("MessageDeadLettered"), Has.Count.EqualTo(2));
            Assert.That(host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains(Secret));
        }
    }

    private static bool IsHarmless(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        return type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(TimeSpan) || type == typeof(DateTimeOffset)
            || type.IsEnum || type == typeof(ILogger) || type == typeof(Exception)
            || (type == typeof(string) && parameter.Name is "sidecar" or "group" or "members" or "problem" or "messageType" or "changes"
                or "ambassador" or "endpoint" or "outcome" or "handler" or "problems" or "source" or "keys" or "output" or "instrument" or "meter" or "name");
    }
}
