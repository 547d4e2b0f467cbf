using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>Real faults of the copy on disk: the process is killed while it writes, the disk is full.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentFaultTests : FolderTests<TestFolder>
{
    [Test]
    [Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
    public async Task Kill_InTheMiddleOfWritingCopies_TheNextStartHasAWholeOne()
    {
        var file = Folder.File("shop.json");
        await using (var child = ChildProgram.StartIn(
            new Dictionary<string, string> { ["CONFIGURATION_FILE"] = file }, "SidecarPatterns.Tests.Host", "configuration-copies"))
        {
            await child.WroteAsync("many copies");
            await child.SignalAsync("KILL");
            await child.ExitAsync();
        }

        // Where the kill left nothing half, the test does.
        File.Delete(file);
        await File.WriteAllTextAsync(file + ".copy.torn.tmp", (await File.ReadAllTextAsync(file + ".copy"))[..1_000]);
        await using var host = ConfigurationAgents.Build(options => options.FromFile(file).CopyFile = file + ".copy");

        var numbers = host.Configuration().AsEnumerable().Where(static pair => pair.Key.StartsWith("Key", StringComparison.Ordinal)).Select(static pair => pair.Value).ToList();
        Assert.That((numbers.Count, numbers.Distinct().Count(), host.AgentSnapshot().IsCopy), Is.EqualTo((5_000, 1, true)));
        Assert.That(int.Parse(numbers[0]!, System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(20));
    }

    [Test]
    public async Task Disk_Full_TheCopyBeforeStaysWholeAndTheNextOneIsWrittenOnceThereIsRoom()
    {
        var state = Directory.CreateDirectory(Folder.File("state")).FullName;
        await using var disk = await SmallDisk.MountAsync(state, kilobytes: 256);
        var copy = Path.Combine(state, "copy.json");
        Write("1");
        await using var host = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")).CopyFile = copy);
        await host.StartReadyAsync();
        var first = await File.ReadAllTextAsync(copy);

        Write(new string('2', 1_000_000));
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, host.Value("Limit")?.Length), Is.EqualTo((2L, 1_000_000)), "it is in force all the same");
            Assert.That(snapshot.CopyError, Does.StartWith("IOException: "));
            Assert.That(await File.ReadAllTextAsync(copy), Is.EqualTo(first));
            Assert.That(Directory.GetFiles(state), Has.Length.EqualTo(1), "nothing half is left");
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Healthy));
        }

        Write("3");
        snapshot = await host.LookAsync();
        Assert.That((snapshot.CopyError, (await File.ReadAllTextAsync(copy)).Contains("\"Limit\":\"3\"", StringComparison.Ordinal)), Is.EqualTo(((string?)null, true)));
        await host.StopAsync();
    }

    private void Write(string limit) => Folder.Replace("shop.json", $$"""{"Limit": "{{limit}}"}""");
}
