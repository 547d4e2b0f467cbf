using BenchmarkDotNet.Running;
using SidecarPatterns.Benchmarks;

switch (args)
{
    case ["--quick", .. string[] names]:
        return QuickRun.Run(names);

    case ["--results", string folder, .. string[] names]:
        return new ResultsRun(folder, names).Run();

    case [ChaosCommand.Verb, .. string[] rest] when rest.Length > 0:
        return await ChaosCommand.RunAsync(rest);

    case [ChaosCommand.SeedVerb, string seed]:
        return await ChaosCommand.RunSeedAsync(seed);

    case [ChaosChild.Verb, .. string[] rest]:
        return await ChaosChild.RunAsync(rest);

    case [SoakCommand.Verb, .. string[] rest]:
        return await SoakCommand.RunAsync(rest);

    case [IdleSidecars.Verb, string count]:
        IdleSidecars.Report(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
        return 0;

    case [LoopbackServer.Verb]:
        return await LoopbackServer.RunAsync();

    default:
        BenchmarkSwitcher.FromAssembly(typeof(Part).Assembly).Run(args);
        return 0;
}
